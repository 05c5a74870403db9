/** ONNX Runtime behind the `Engine` interface: native in Node, WASM everywhere; one thread each. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { ConfigError } from '../errors.js';
import type { Engine, EngineTensor } from '../learn/engine.js';

/** Which build of ONNX Runtime: `native` (onnxruntime-node), `wasm` (onnxruntime-web). */
export type EngineKind = 'native' | 'wasm';

interface OnnxRuntime {
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

/** An engine, and why it is not the one that was hoped for (when it is not). */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly notice?: string;
}

/**
 * The native engine where it is installed, else WASM with a notice that says so.
 *
 * @param kind asks for one of them
 * @throws {ConfigError} when the kind asked for cannot be loaded.
 */
export async function chooseEngine(kind?: EngineKind): Promise<ChosenEngine> {
  if (kind === 'wasm') return { engine: await wasmEngine() };
  try {
    return { engine: await nativeEngine() };
  } catch (cause) {
    if (kind === 'native') {
      throw new ConfigError('engine must be installed, but onnxruntime-node could not be loaded', { cause });
    }
    const notice =
      'onnxruntime-node is not installed: training runs in WebAssembly, about 4 to 5 times slower';
    return { engine: await wasmEngine(), notice };
  }
}

async function nativeEngine(): Promise<Engine> {
  const runtime: OnnxRuntime = await import('onnxruntime-node');
  return createEngine(runtime, 'native', {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

async function wasmEngine(): Promise<Engine> {
  const { env, ...runtime } = await import('onnxruntime-web');
  env.wasm.numThreads = 1;
  return createEngine({ ...runtime, env }, 'wasm', {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

interface BoundTensor extends EngineTensor {
  readonly tensor: Tensor;
}

function createEngine(
  runtime: OnnxRuntime,
  kind: EngineKind,
  options: InferenceSession.SessionOptions,
): Engine {
  const { versions } = runtime.env;
  return {
    name: `ONNX Runtime ${versions.node ?? versions.web ?? versions.common} (${kind})`,
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
            await session.run(unwrap(inputs), unwrap(outputs));
            return;
          }
          // WASM cannot write into arrays outside its own memory, and leaves those it is given as they were.
          const results = await session.run(unwrap(inputs), Object.keys(outputs));
          for (const name in outputs) outputs[name]?.data.set(results[name]?.data as Float32Array);
        },
        release: () => session.release(),
      };
    },
  };
}

function unwrap(tensors: Readonly<Record<string, EngineTensor>>): Record<string, Tensor> {
  const unwrapped: Record<string, Tensor> = {};
  for (const name in tensors) unwrapped[name] = (tensors[name] as BoundTensor).tensor;
  return unwrapped;
}
