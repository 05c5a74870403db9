import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../../src/browser/records.js';
import { bytesOf, groupRequests, mergeRequests } from './request-list.js';

const record = (at: number, more: Partial<RequestRecord> = {}): RequestRecord => ({
  ...{ purpose: 'offers', method: 'GET', path: '/v1/offers', at, bytes: 0, status: 200, ...more },
});

describe('lists of requests', () => {
  it('are one list, the newest first, in which a request that was answered in the meantime is there once', () => {
    const asked = record(1, { status: null });
    const merged = mergeRequests([record(2), asked], [record(1)], [asked]);
    expect(merged.map(({ at, status }) => [at, status])).toEqual([
      [2, 200],
      [1, 200],
    ]);
  });

  it('have one row for neighbours that are the same, and one each for what has a body', () => {
    const update = record(3, { method: 'PUT', path: '/v1/u', bytes: 10 });
    const groups = groupRequests([record(6), record(5), record(4, { status: 401 }), update, update]);
    expect(groups.map(({ at, since, count, status }) => [at, since, count, status])).toEqual([
      [6, 5, 2, 200],
      [4, 4, 1, 401],
      [3, 3, 1, 200],
      [3, 3, 1, 200],
    ]);
    expect(bytesOf([update, record(1), update])).toBe(20);
  });
});
