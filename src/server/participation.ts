/** What a run remembers of each client's part in it, for selection and limits: rebuilt from the log after a restart. */
import type { RunEvent } from '../round/run-events.js';
import {
  mayTakePart,
  noteParticipation,
  type ParticipationHistory,
  type ParticipationLimits,
} from '../strategy/participation.js';
import type { Candidate } from '../strategy/selection.js';

export interface Participation {
  /** Takes in what is logged. */
  note(event: RunEvent): void;
  /** @param time milliseconds since 1970 */
  mayTakePart(clientIndex: number, time: number): boolean;
  historyOf(clientIndex: number): Pick<Candidate, 'lastLoss' | 'participations'>;
}

/** Nobody has taken part yet. */
export function createParticipation(limits: ParticipationLimits): Participation {
  const losses = new Map<number, number>();
  const counts = new Map<number, number>();
  const limited = Object.keys(limits).length > 0;
  let history: ParticipationHistory = {};
  let counted = -1;
  return {
    note(event) {
      if (event.type === 'client-trained') losses.set(event.clientId, event.loss);
      // A round that a restarted server goes on with has begun before: it counts once.
      if (event.type !== 'round-started' || event.round === counted) return;
      counted = event.round;
      for (const client of event.cohort) counts.set(client, (counts.get(client) ?? 0) + 1);
      if (limited) history = noteParticipation(history, event.cohort, event.time, limits);
    },
    mayTakePart: (clientIndex, time) => !limited || mayTakePart(history, clientIndex, time, limits),
    historyOf(clientIndex) {
      const lastLoss = losses.get(clientIndex);
      return {
        participations: counts.get(clientIndex) ?? 0,
        ...(lastLoss === undefined ? {} : { lastLoss }),
      };
    },
  };
}
