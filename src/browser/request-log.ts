/**
 * The log of all that is sent: a request is put down before its first byte goes, and what came back after. It is in memory,
 * and in the database too as long as the client takes part: who only looks, or has left, leaves nothing behind.
 */
import type { Transport, TransportRequest } from '../client/transport.js';
import type { ParticipantDatabase } from './database.js';
import { lastKeys } from './history.js';
import { purposeOf } from './purpose.js';
import type { RequestRecord } from './records.js';

/** So many are kept: the oldest make room. */
const KEPT = 500;
/** Longer bodies are models; they are named by their size. */
const MAX_BODY_BYTES = 2_000;

export interface RequestLog {
  /** The newest first. */
  list(): readonly RequestRecord[];
  /** Goes on with the log of a database, and writes to it from now on. */
  attach(database: ParticipantDatabase): Promise<void>;
  /** Writes to it no more. */
  detach(): void;
  /** The same way to a server, whose requests are put down. Where the log cannot be written, nothing is sent. */
  note(transport: Transport): Transport;
}

/** Those of a database, the newest first. */
export async function readRequests(database: ParticipantDatabase): Promise<RequestRecord[]> {
  return (await database.getAll('requests', await lastKeys(database, 'requests', KEPT))).reverse();
}

export function createRequestLog(now: () => number): RequestLog {
  let kept: RequestRecord[] = [];
  let database: ParticipantDatabase | undefined;

  const add = async (record: RequestRecord): Promise<(status: number) => Promise<void>> => {
    kept.unshift(record);
    kept.length = Math.min(kept.length, KEPT);
    const into = database;
    const id = await into?.add('requests', record);
    if (id !== undefined) await into?.delete('requests', IDBKeyRange.upperBound(id - KEPT));
    return async (status) => {
      const done = { ...record, status };
      kept = kept.map((each) => (each === record ? done : each));
      // The answer is not worth a failure: that it was sent has been put down.
      if (id !== undefined && into === database) await into?.put('requests', done, id).catch(() => {});
    };
  };
  return {
    list: () => kept,
    async attach(opened) {
      const before = await readRequests(opened);
      kept = [...kept, ...before].slice(0, KEPT);
      database = opened;
    },
    detach() {
      database = undefined;
    },
    note: (transport) => ({
      ...transport,
      async request(request) {
        const answered = await add(recordOf(request, now()));
        try {
          const response = await transport.request(request);
          await answered(response.status);
          return response;
        } catch (error) {
          await answered(0);
          throw error;
        }
      },
    }),
  };
}

function recordOf({ method, target, body, headers }: TransportRequest, at: number): RequestRecord {
  const short =
    headers['content-type'] === 'application/json' && body !== undefined && body.length <= MAX_BODY_BYTES;
  return {
    ...{ purpose: purposeOf(method, target), method, path: target, at, bytes: body?.length ?? 0 },
    ...(short ? { body: withoutInvitation(new TextDecoder().decode(body)) } : {}),
    status: null,
  };
}

/** A token that may let others in, too, is nothing to keep. */
function withoutInvitation(json: string): string {
  const { invitation, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return invitation === undefined ? json : JSON.stringify({ ...rest, invitation: '...' });
}
