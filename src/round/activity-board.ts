/** What the clients of a run's last two rounds have been doing, in the order in which it became known. */
import type { Activity, ActivityPhase } from './activity.js';

/** Kept in memory only. It grows with the cohort and is bounded by it. */
export interface ActivityBoard {
  /** A round has begun: its cohort is selected. Of the rounds before, the last one stays readable. */
  begin(round: number, cohort: readonly number[], at: number): void;
  /** A client of the open round has come into a phase; what is no news, and of others, is passed over. */
  note(clientId: number, phase: ActivityPhase, at: number): void;
  /** What a client of the open round is doing. */
  phaseOf(clientId: number): ActivityPhase | undefined;
  /** The number of the open round's first entry, and the number after the last. */
  readonly openFrom: number;
  readonly next: number;
  /** The entries from a number on, as far as they are kept. */
  since(number: number): readonly Activity[];
}

/** A client may go back and forth, as one that fetches the model again and again; more of that is not kept. */
const MOST_CHANGES = 16;

const LAST: ReadonlySet<ActivityPhase> = new Set(['done', 'late', 'failed']);

export function createActivityBoard(): ActivityBoard {
  let entries: Activity[] = [];
  /** The number of the first entry that is kept. */
  let first = 0;
  let openFrom = 0;
  let round = 0;
  const clients = new Map<number, { phase: ActivityPhase; changes: number }>();
  return {
    begin(opened, cohort, at) {
      entries = entries.slice(openFrom - first);
      first = openFrom;
      openFrom = first + entries.length;
      round = opened;
      clients.clear();
      for (const clientId of cohort) {
        clients.set(clientId, { phase: 'selected', changes: 0 });
        entries.push({ round, clientId, phase: 'selected', at });
      }
    },
    note(clientId, phase, at) {
      const client = clients.get(clientId);
      if (!client || client.phase === phase || LAST.has(client.phase)) return;
      if (++client.changes > MOST_CHANGES && !LAST.has(phase)) return;
      client.phase = phase;
      entries.push({ round, clientId, phase, at });
    },
    phaseOf: (clientId) => clients.get(clientId)?.phase,
    get openFrom() {
      return openFrom;
    },
    get next() {
      return first + entries.length;
    },
    since: (number) => entries.slice(Math.max(0, number - first)),
  };
}
