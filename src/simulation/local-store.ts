/** What stays with each client of a simulation between rounds: its own values of the local parameters. */
import { type LocalPart, takeLocal } from '../client/local-part.js';
import { createLayout, type Layout, type LayoutEntry, type Params } from '../params/layout.js';

/** The local parameters of all clients. Memory grows with clients times local parameters only. */
export interface LocalStore {
  readonly entries: readonly LayoutEntry[];
  /** All of them as they are saved: each parameter as [clients, ...shape]. */
  readonly layout: Layout;
  /** A client's own, on shared memory: what training writes there stays. */
  of(clientId: number): LocalPart;
  /** A copy of all. */
  all(): Params;
  /** Replaces all by values of `layout`. */
  restore(values: Float32Array): void;
}

/** A store in which every client starts from the values of the global model. */
export function createLocalStore(
  entries: readonly LayoutEntry[],
  clientCount: number,
  initial: Float32Array,
): LocalStore {
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  const bytes = clientCount * size * Float32Array.BYTES_PER_ELEMENT;
  const values = new Float32Array(new SharedArrayBuffer(bytes));
  const layout = createLayout(
    entries.map(({ name, shape, statistic }) => ({
      name,
      shape: [clientCount, ...shape],
      ...(statistic ? { statistic } : {}),
    })),
  );
  const of = (clientId: number) => ({
    entries,
    values: values.subarray(clientId * size, (clientId + 1) * size),
  });
  for (let clientId = 0; clientId < clientCount; clientId++) takeLocal(initial, of(clientId));

  /** Each run of elements that lies together both here and in `layout`. */
  const eachRun = (visit: (own: Float32Array, offset: number) => void) => {
    for (let clientId = 0; clientId < clientCount; clientId++) {
      let at = clientId * size;
      entries.forEach(({ length }, index) => {
        visit(values.subarray(at, at + length), (layout.entries[index]?.offset ?? 0) + clientId * length);
        at += length;
      });
    }
  };
  return {
    entries,
    layout,
    of,
    all() {
      const copy = new Float32Array(layout.size);
      eachRun((own, offset) => copy.set(own, offset));
      return { layout, values: copy };
    },
    restore(from) {
      eachRun((own, offset) => own.set(from.subarray(offset, offset + own.length)));
    },
  };
}
