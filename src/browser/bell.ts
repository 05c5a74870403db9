/** Something that happens again and again, and those who want to hear of it. */
import type { Subscribe } from '../client/platform.js';

export interface Bell {
  ring(): void;
  readonly subscribe: Subscribe;
}

export function createBell(): Bell {
  const listeners = new Set<() => void>();
  return {
    ring() {
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
