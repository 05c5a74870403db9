/** Global models that a process has, so that many clients in it fetch and read each once. */
import type { Layout } from '../params/layout.js';
import { readParams } from '../params/safetensors.js';

/** A global model. */
interface CachedModel {
  /** In the order of the layout that was asked for; not to be changed: others use them too. */
  readonly values: Float32Array;
  /** Whether it was there before. */
  readonly cached: boolean;
}

/** The newest few models. */
export interface ModelCache {
  /** @param fetch the bytes of the file of that hash */
  get(sha256: string, layout: Layout, fetch: () => Promise<Uint8Array>): Promise<CachedModel>;
}

/** As many models as there are runs at a time in most processes, and one more. */
const KEPT_MODELS = 2;

export function createModelCache(): ModelCache {
  const kept = new Map<string, Promise<Float32Array>>();
  return {
    async get(sha256, layout, fetch) {
      // Trainers may have their own order of the same parameters.
      const key = `${sha256} ${JSON.stringify(layout.entries.map(({ name }) => name))}`;
      const known = kept.get(key);
      if (known) return { values: await known, cached: true };
      const read = fetch().then((file) => readParams(file, layout, 'the model').values);
      kept.set(key, read);
      read.catch(() => kept.delete(key));
      for (const old of [...kept.keys()].slice(0, -KEPT_MODELS)) kept.delete(old);
      return { values: await read, cached: false };
    },
  };
}
