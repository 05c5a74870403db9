/** Web Locks for tests in Node: exclusive ones, in the order in which they are asked for. */
import type { Locks } from '../../src/browser/turn.js';

/** As many tabs may share them as like. */
export function fakeLocks(): Locks {
  const held = new Set<string>();
  const queue: { readonly name: string; go(): void }[] = [];
  const release = (name: string) => {
    held.delete(name);
    const at = queue.findIndex((each) => each.name === name);
    if (at >= 0) queue.splice(at, 1)[0]?.go();
  };
  return {
    async request(name, { ifAvailable = false, signal }, work) {
      signal?.throwIfAborted();
      if (held.has(name) && ifAvailable) return work(null);
      if (held.has(name)) {
        await new Promise<void>((resolve, reject) => {
          const one = { name, go: resolve };
          queue.push(one);
          signal?.addEventListener('abort', () => {
            const at = queue.indexOf(one);
            if (at >= 0) queue.splice(at, 1);
            reject(signal.reason as Error);
          });
        });
      }
      held.add(name);
      try {
        return await work({ name });
      } finally {
        release(name);
      }
    },
  };
}
