/** Paints what has changed: once a frame at most, and less often where that takes long, so that the page stays free. */

/** Painting that takes longer than this leaves as much time to all else before the next. */
const QUICK_MS = 25;

export interface Painter {
  /** Something has changed. */
  ask(): void;
  stop(): void;
}

export function createPainter(paint: () => void): Painter {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let freeFrom = 0;
  const run = () => {
    frame = 0;
    const began = performance.now();
    paint();
    // What the page makes of it is done by then.
    setTimeout(() => {
      const ended = performance.now();
      freeFrom = ended - began > QUICK_MS ? 2 * ended - began : ended;
    });
  };
  const ask = () => {
    if (frame !== 0 || timer !== undefined) return;
    const wait = freeFrom - performance.now();
    if (wait <= 0) {
      frame = requestAnimationFrame(run);
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      ask();
    }, wait);
  };
  return {
    ask,
    stop() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    },
  };
}
