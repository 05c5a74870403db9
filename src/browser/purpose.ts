/** What a request is for, by its method and path: for people. */
import { PATHS } from '../protocol/paths.js';
import type { RequestPurpose } from './records.js';

const PURPOSES: ReadonlyMap<string, RequestPurpose> = new Map([
  [PATHS.info, 'server-info'],
  [PATHS.offers, 'offers'],
  [PATHS.me, 'leaving'],
  [PATHS.clients, 'enrolment'],
  [PATHS.checkIn, 'check-in'],
  [PATHS.wake, 'wake-up'],
]);

/** @param target path and query */
export function purposeOf(method: string, target: string): RequestPurpose {
  const path = target.replace(/\?.*$/, '');
  const known = PURPOSES.get(path);
  if (known) return known;
  if (path.startsWith('/v1/blobs/')) return 'model';
  const [, kind] = /^\/v1\/runs\/[^/]+\/rounds\/\d+\/(updates|evaluations|failures)\//.exec(path) ?? [];
  if (kind === 'updates') return method === 'HEAD' ? 'upload-offset' : 'update';
  if (kind === 'evaluations') return 'evaluation';
  return kind === 'failures' ? 'failure' : 'other';
}
