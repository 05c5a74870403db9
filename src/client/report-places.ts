/** Memory in which reports are put together, used again round after round. */

import type { SafetensorsDraft } from '../params/safetensors-draft.js';

/** Memory for one report at a time. */
export interface ReportPlace {
  /** Where the trainer writes, and the report that it becomes. */
  draft?: SafetensorsDraft;
}

/** The places of one client, or of all in a process. */
export interface ReportPlaces {
  /** Whether what is in a place stays there until the client takes it again. */
  readonly keeps: boolean;
  /** A place for a report, until `give`; waits while others need them all. */
  take(): Promise<ReportPlace>;
  give(place: ReportPlace): void;
}

/** A place of a client's own. */
export function createOwnPlace(): ReportPlaces {
  const place: ReportPlace = {};
  return { keeps: true, take: async () => place, give: () => {} };
}

/**
 * Some places that many clients share, so that memory does not grow with them. Where no report gets through for
 * `patienceMs`, one more client gets a place: a server that folds in an order of its own may be waiting for it.
 */
export function createSharedPlaces(count: number, patienceMs: number): ReportPlaces {
  const free: ReportPlace[] = Array.from({ length: count }, () => ({}));
  const queue: ((place: ReportPlace) => void)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const watch = () => {
    clearTimeout(timer);
    timer = queue.length === 0 ? undefined : setTimeout(() => hand({}), patienceMs);
  };
  const hand = (place: ReportPlace) => {
    const next = queue.shift();
    if (next) next(place);
    else if (free.length < count) free.push(place);
    watch();
  };
  return {
    keeps: false,
    async take() {
      const place = free.pop();
      if (place) return place;
      return new Promise((resolve) => {
        queue.push(resolve);
        if (timer === undefined) watch();
      });
    },
    give: hand,
  };
}
