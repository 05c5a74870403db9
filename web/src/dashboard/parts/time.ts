/** Moments as people say them. */
import { formatDuration } from '../../../../src/format.js';

const NOW_MS = 5000;

/** "just now", "3 min 05 s ago". */
export function ago(time: number): string {
  const since = Date.now() - time;
  return since < NOW_MS ? 'just now' : `${formatDuration(since)} ago`;
}

/** "in 6 d 23 h", or that it is over. */
export function until(time: number): string {
  const left = time - Date.now();
  return left <= 0 ? 'expired' : `in ${formatDuration(left)}`;
}
