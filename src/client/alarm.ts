/** A wait that ends when its time is up, when somebody rings, or when everything ends. */

export interface Alarm {
  /** Ends the wait under way, or the next one. */
  ring(): void;
  wait(ms: number): Promise<void>;
}

/** @param signal ends all waits for good */
export function createAlarm(signal: AbortSignal): Alarm {
  let rung = false;
  let end = () => {};
  signal.addEventListener('abort', () => end(), { once: true });
  return {
    ring() {
      rung = true;
      end();
    },
    async wait(ms) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
    },
  };
}
