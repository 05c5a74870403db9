/** A wait that ends when its time is up, when somebody rings, or when everything ends. */

export interface Alarm {
  /** Ends the wait under way, or the next one. */
  ring(): void;
  wait(ms: number): Promise<void>;
  /** Settles as soon as somebody waits, or everything ends: who is busy hears no ringing. */
  untilWaiting(): Promise<void>;
}

/** @param signal ends all waits for good */
export function createAlarm(signal: AbortSignal): Alarm {
  let rung = false;
  let isWaiting = false;
  let end = () => {};
  const watchers: (() => void)[] = [];
  const tellWatchers = () => {
    for (const tell of watchers.splice(0)) tell();
  };
  signal.addEventListener(
    'abort',
    () => {
      end();
      tellWatchers();
    },
    { once: true },
  );
  return {
    ring() {
      rung = true;
      isWaiting = false;
      end();
    },
    untilWaiting() {
      if (isWaiting || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => void watchers.push(resolve));
    },
    async wait(ms) {
      if (!rung && !signal.aborted) {
        isWaiting = true;
        tellWatchers();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      isWaiting = false;
    },
  };
}
