/** What each client of the open round does, and since when. */
import type { Activity, ActivityPhase } from '../../../../src/round/activity.js';

/** In the order of a client's way through a round. */
export const PHASES = [
  'selected',
  'downloading',
  'training',
  'uploading',
  'done',
  'late',
  'failed',
] as const satisfies readonly ActivityPhase[];

/** Phases after which nothing comes. */
const ENDS: ReadonlySet<ActivityPhase> = new Set(['done', 'late', 'failed']);

export interface ClientLane {
  readonly clientId: number;
  /** In the order of time. */
  readonly steps: readonly { readonly phase: ActivityPhase; readonly at: number }[];
}

export interface RoundTimeline {
  readonly round: number;
  readonly lanes: readonly ClientLane[];
  /** When the first client was selected. */
  readonly from: number;
  /** When the last one came to an end; undefined while any is on its way. */
  readonly until: number | undefined;
}

export interface TimelineFold {
  add(activity: Activity): void;
  reset(): void;
  /** Undefined before anything is known. */
  timeline(): RoundTimeline | undefined;
}

/** Follows activities; a round that is newer takes the place of the one before. */
export function createTimelineFold(): TimelineFold {
  let round = -1;
  let lanes = new Map<number, { clientId: number; steps: { phase: ActivityPhase; at: number }[] }>();
  return {
    add({ round: of, clientId, phase, at }) {
      if (of < round) return;
      if (of > round) {
        round = of;
        lanes = new Map();
      }
      const lane = lanes.get(clientId) ?? { clientId, steps: [] };
      // After a new connection the round so far is told again.
      if (lane.steps.some((step) => step.phase === phase && step.at >= at)) return;
      lane.steps.push({ phase, at });
      lanes.set(clientId, lane);
    },
    reset() {
      round = -1;
      lanes = new Map();
    },
    timeline() {
      if (lanes.size === 0) return undefined;
      const all = [...lanes.values()];
      const ends = all.map(({ steps }) => steps.at(-1)).filter((step) => step && ENDS.has(step.phase));
      const from = all.reduce((least, { steps }) => Math.min(least, steps[0]?.at ?? least), Infinity);
      const until = all.reduce((most, { steps }) => Math.max(most, steps.at(-1)?.at ?? 0), 0);
      return { round, lanes: all, from, until: ends.length === all.length ? until : undefined };
    },
  };
}

/** How many clients are in each phase. */
export function countPhases({ lanes }: RoundTimeline): Readonly<Record<ActivityPhase, number>> {
  const counts = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<ActivityPhase, number>;
  for (const { steps } of lanes) {
    const last = steps.at(-1);
    if (last) counts[last.phase] += 1;
  }
  return counts;
}

/** The round in one sentence, for those who cannot see it. */
export function timelineSentence(timeline: RoundTimeline): string {
  const counts = countPhases(timeline);
  const known = PHASES.filter((phase) => counts[phase] > 0).map((phase) => `${counts[phase]} ${phase}`);
  return `Round ${timeline.round}, ${timeline.lanes.length} clients: ${known.join(', ')}.`;
}
