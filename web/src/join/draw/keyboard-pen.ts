/** A pen that keys move: for those who draw without a pointer. */

/** Of the side of the drawing area. */
const STEP = 1 / 16;

export interface KeyboardPen {
  /** Where it is; undefined until a key has moved it. */
  readonly place: { readonly x: number; readonly y: number; readonly isDown: boolean } | undefined;
  /** What a key draws: `points` to begin a stroke with (`isNew`) or to go on with. Undefined: no key of the pen. */
  press(key: string): { readonly points?: readonly number[]; readonly isNew: boolean } | undefined;
  /** Lifts it, and shows it no more. */
  leave(): void;
}

const WAYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

export function createKeyboardPen(): KeyboardPen {
  let place: { x: number; y: number; isDown: boolean } | undefined;
  return {
    get place() {
      return place;
    },
    press(key) {
      const way = WAYS[key];
      if (!way && key !== ' ') return undefined;
      const { x, y, isDown } = place ?? { x: 0.5, y: 0.25, isDown: false };
      if (!way) {
        place = { x, y, isDown: !isDown };
        return isDown ? { isNew: false } : { points: [x, y], isNew: true };
      }
      const within = (value: number) => Math.min(1, Math.max(0, value));
      place = { x: within(x + way[0]), y: within(y + way[1]), isDown };
      return isDown ? { points: [place.x, place.y], isNew: false } : { isNew: false };
    },
    leave() {
      place = undefined;
    },
  };
}
