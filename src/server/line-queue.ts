/** Lines for the log of a run: written in their order, and several in one write where they can wait for each other. */
import type { RunEvent } from '../round/run-events.js';

/** A line that can wait is written with the next that cannot, or after a while; a durable one is on the disk then. */
export type LinePatience = 'can-wait' | 'soon' | 'durable';

export interface LineQueue {
  /**
   * Settles when the line is written. Once a line is lost no other follows: a round is in the log with all that it
   * was made of, or not at all.
   *
   * @param patience default: soon
   */
  add(event: RunEvent, patience?: LinePatience): Promise<void>;
  /** Writes what waits; settles when it is written, or was lost. */
  flush(): Promise<void>;
}

/** How long lines wait for others; people who look on do not notice. */
const WAIT_MS = 20;

/** @param write writes lines in one go, or none of them */
export function createLineQueue(
  write: (events: readonly RunEvent[], durable: boolean) => Promise<void>,
): LineQueue {
  let last: Promise<void> = Promise.resolve();
  let waiting: Batch | undefined;

  const begin = (): Batch => {
    let go = () => {};
    const begun = new Promise<void>((resolve) => {
      go = resolve;
    });
    const batch: Batch = { events: [], durable: false, go, timer: setTimeout(go, WAIT_MS), written: last };
    batch.written = Promise.all([last, begun]).then(() => {
      clearTimeout(batch.timer);
      if (waiting === batch) waiting = undefined;
      return write(batch.events, batch.durable);
    });
    last = batch.written;
    return batch;
  };
  return {
    add(event, patience = 'soon') {
      waiting ??= begin();
      const { events, go, written } = waiting;
      events.push(event);
      if (patience === 'durable') waiting.durable = true;
      if (patience !== 'can-wait') go();
      return written;
    },
    async flush() {
      waiting?.go();
      await last.catch(() => {});
    },
  };
}

interface Batch {
  readonly events: RunEvent[];
  durable: boolean;
  readonly go: () => void;
  readonly timer: NodeJS.Timeout;
  written: Promise<void>;
}
