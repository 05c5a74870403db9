/** Where things are on a server: every path of the protocol, made and taken apart in one place. */

/** Paths without parameters. */
export const PATHS = {
  info: '/v1',
  clients: '/v1/clients',
  me: '/v1/clients/me',
  checkIn: '/v1/check-in',
  wake: '/v1/wake',
  offers: '/v1/offers',
} as const;

/** What a client hands in about a round. */
export type ReportKind = 'updates' | 'evaluations' | 'failures';

/** The content with this hash. */
export function blobPath(sha256: string): string {
  return `/v1/blobs/${sha256}`;
}

/** One client's report of one round: handing it in twice is handing it in once. */
export function reportPath(kind: ReportKind, runId: string, round: number, clientId: string): string {
  return `/v1/runs/${encodeURIComponent(runId)}/rounds/${round}/${kind}/${clientId}`;
}
