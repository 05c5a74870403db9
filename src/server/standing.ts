/** How a report stands in the round under way, by the state of its machine alone. */
import type { Receipt } from '../protocol/messages.js';
import type { RunState } from '../round/run-state.js';

/** What can be said of a report before it is read; undefined: it is awaited. */
export function standingOf(
  { phase, round: current, waiting, trained }: RunState,
  clientIndex: number,
  round: number,
): Receipt | undefined {
  const open = phase === 'training' && round === current;
  if (open && waiting.includes(clientIndex)) return undefined;
  if (round === current && trained.includes(clientIndex)) {
    return { outcome: 'duplicate', detail: 'this update was counted before' };
  }
  const why =
    open || round === current
      ? 'it was not asked for, or the round has enough'
      : `round ${current} is under way`;
  return { outcome: 'dropped', detail: `the update is not needed: ${why}` };
}

/** Whether nobody has to report before this client, where the order counts; also where it need not report any more. */
export function isTurn(
  { phase, round: current, waiting }: RunState,
  clientIndex: number,
  round: number,
): boolean {
  return phase !== 'training' || round !== current || !waiting.some((other) => other < clientIndex);
}
