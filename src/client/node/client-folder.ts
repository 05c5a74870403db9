/** Where a client on Node keeps what: all paths in its folder. */
import { join } from 'node:path';

/** The folder that commands take where none is named. */
export const DEFAULT_CLIENT_FOLDER = 'tessera-client';

export interface ClientPaths {
  /** The private key. */
  readonly key: string;
  /** What stays between rounds; see `openFileStore`. */
  readonly state: string;
  /** Task definitions that a person decides on; see `openApprovals`. */
  readonly tasks: string;
  /** What was sent; see `AuditLog`. */
  readonly audit: string;
}

export function clientPaths(folder: string): ClientPaths {
  return {
    key: join(folder, 'key.pem'),
    state: join(folder, 'state'),
    tasks: join(folder, 'tasks'),
    audit: join(folder, 'audit.jsonl'),
  };
}
