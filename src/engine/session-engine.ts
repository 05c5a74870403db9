/** A build of ONNX Runtime behind the `Engine` interface. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { ConfigError } from '../errors.js';
import type { Engine, EngineTensor } from '../learn/engine.js';
import type { EngineKind } from './engine-options.js';

/** What the builds have in common. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: 'float32' | 'int32',
    data: Float32Array | Int32Array,
    dims: readonly number[],
  ) => Tensor;
  readonly env: { readonly versions: { readonly common: string; node?: string; web?: string } };
}

interface BoundTensor extends EngineTensor {
  readonly tensor: Tensor;
}

/** The engine of kind `kind` that `runtime` is, on `threads` threads, with sessions made with `options`. */
export function createEngine(
  runtime: OnnxRuntime,
  kind: EngineKind,
  threads: number,
  options: InferenceSession.SessionOptions,
): Engine {
  const { versions } = runtime.env;
  const unwrapped = createUnwrapping();
  const where = threads > 1 ? `${kind}, ${threads} threads` : kind;
  return {
    name: `ONNX Runtime ${versions.node ?? versions.web ?? versions.common} (${where})`,
    tensor(data, dims): BoundTensor {
      const type = data instanceof Int32Array ? 'int32' : 'float32';
      return { data, dims, tensor: new runtime.Tensor(type, data, dims) };
    },
    async load(onnx) {
      const session = await runtime.InferenceSession.create(onnx, options).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ConfigError(`model must be a graph that ONNX Runtime takes: ${reason}`, { cause });
      });
      return {
        async run(inputs, outputs) {
          if (kind === 'native') {
            await session.run(unwrapped(inputs), unwrapped(outputs));
            return;
          }
          // WASM cannot write into arrays outside its own memory, and leaves those it is given as they were.
          const results = await session.run(unwrapped(inputs), Object.keys(outputs));
          for (const name in outputs) outputs[name]?.data.set(results[name]?.data as Float32Array);
        },
        release: () => session.release(),
      };
    },
  };
}

/** The runtime's own tensors, made into a record once for each record that is handed in. */
function createUnwrapping() {
  const known = new WeakMap<Readonly<Record<string, EngineTensor>>, Record<string, Tensor>>();
  return (tensors: Readonly<Record<string, EngineTensor>>): Record<string, Tensor> => {
    const ready = known.get(tensors);
    if (ready) return ready;
    const entries = Object.entries(tensors).map(([name, bound]) => [name, (bound as BoundTensor).tensor]);
    const made: Record<string, Tensor> = Object.fromEntries(entries);
    known.set(tensors, made);
    return made;
  };
}
