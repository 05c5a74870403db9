/** `tessera/engine` in Node: ONNX Runtime, native or WASM, one thread each. */
import { ConfigError } from '../errors.js';
import type { Engine } from '../learn/engine.js';
import { type Candidate, chooseFrom } from './choose.js';
import type { ChosenEngine, EngineOptions } from './engine-options.js';
import { createEngine, type OnnxRuntime } from './session-engine.js';

export type { ChosenEngine, EngineKind, EngineOptions } from './engine-options.js';

const candidates: readonly Candidate[] = [
  { kind: 'native', words: 'onnxruntime-node', load: nativeEngine },
  // Measured by `npm run bench -- train`.
  { kind: 'wasm', words: 'WebAssembly, about 4 to 5 times slower', load: wasmEngine },
];

/**
 * The native engine where it is installed and passes the self-test, else WASM with a notice that says so.
 *
 * @throws {ConfigError} when no engine, or not the one asked for, can be loaded and passes the self-test.
 */
export async function chooseEngine(options: EngineOptions = {}): Promise<ChosenEngine> {
  const { kind } = options;
  const wanted = candidates.filter((candidate) => kind === undefined || candidate.kind === kind);
  if (wanted.length === 0) throw new ConfigError(`kind must be native or wasm in Node, got ${kind}`);
  return chooseFrom(wanted, options);
}

async function nativeEngine(): Promise<Engine> {
  const runtime: OnnxRuntime = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new Error('it is not installed', { cause });
  });
  return createEngine(runtime, 'native', 1, {
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
  return createEngine({ ...runtime, env }, 'wasm', 1, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}
