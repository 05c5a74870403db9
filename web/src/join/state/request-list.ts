/** Lists of requests, for people: several put together, and those that are the same but for their time as one. */
import type { RequestRecord } from '../../../../src/browser/records.js';

/** One request, or several of one kind that followed each other. */
export interface RequestGroup extends RequestRecord {
  readonly count: number;
  /** When the first of them was sent; `at` is the last. */
  readonly since: number;
}

/** All of several lists, each once, the newest first. Of two words about one request, the one with an answer counts. */
export function mergeRequests(...lists: readonly (readonly RequestRecord[])[]): RequestRecord[] {
  const all = new Map<string, RequestRecord>();
  for (const record of lists.flat()) {
    const key = `${record.at} ${record.method} ${record.path} ${record.bytes}`;
    if (all.get(key)?.status == null) all.set(key, record);
  }
  return [...all.values()].toSorted((one, other) => other.at - one.at);
}

/** Neighbours that have no body and got the same answer from the same place are one group. */
export function groupRequests(requests: readonly RequestRecord[]): RequestGroup[] {
  const groups: RequestGroup[] = [];
  for (const request of requests) {
    const last = groups.at(-1);
    const { method, path, status, bytes, at } = request;
    const isSame = last?.method === method && last.path === path && last.status === status;
    if (last && isSame && bytes === 0 && last.bytes === 0) {
      groups[groups.length - 1] = { ...last, count: last.count + 1, since: at };
    } else groups.push({ ...request, count: 1, since: at });
  }
  return groups;
}

/** What all of them together have sent. */
export function bytesOf(requests: readonly RequestRecord[]): number {
  return requests.reduce((sum, { bytes }) => sum + bytes, 0);
}
