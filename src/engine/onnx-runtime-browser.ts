/** `tessera/engine` in a page or a Worker (export condition `browser`): ONNX Runtime on WebGPU or in WASM. */
import { ConfigError } from '../errors.js';
import type { Engine } from '../learn/engine.js';
import { type Candidate, chooseFrom } from './choose.js';
import type { ChosenEngine, EngineOptions } from './engine-options.js';
import { createEngine } from './session-engine.js';

export type { ChosenEngine, EngineKind, EngineOptions } from './engine-options.js';

/** What is asked of the browser. */
interface BrowserScope {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: {
    readonly hardwareConcurrency?: number;
    readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
  };
}

interface GpuAdapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

const scope = globalThis as BrowserScope;

/**
 * WebGPU where the browser has it in hardware, else WASM on several threads where the page is cross-origin isolated,
 * else WASM on one; the first that passes the self-test, with a notice when it is not the first of them.
 *
 * @throws {ConfigError} when no engine, or not the one asked for, can be loaded and passes the self-test.
 */
export async function chooseEngine(options: EngineOptions = {}): Promise<ChosenEngine> {
  const { kind, wasmPaths, threads = defaultThreads() } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ConfigError(`threads must be a positive integer, got ${threads}`);
  }
  if (kind === 'native') throw new ConfigError('kind must be webgpu or wasm in a browser, got native');
  const candidates: Candidate[] = [];
  if (kind === 'webgpu' || (kind === undefined && (await hasHardwareGpu()))) {
    candidates.push({ kind: 'webgpu', words: 'WebGPU', load: () => largeEngine('webgpu', wasmPaths) });
  }
  if (kind !== 'webgpu') {
    const several = threads > 1 && scope.crossOriginIsolated === true;
    const words = several ? `WebAssembly on ${threads} threads` : 'WebAssembly';
    candidates.push({ kind: 'wasm', words, load: () => wasmEngine(several ? threads : 1, wasmPaths) });
    // A build that has been given threads keeps them, so that one thread takes another build.
    const single = () => largeEngine('wasm', wasmPaths);
    if (several) candidates.push({ kind: 'wasm', words: 'WebAssembly on one thread', load: single });
  }
  return chooseFrom(candidates, options);
}

async function wasmEngine(threads: number, wasmPaths: string | undefined): Promise<Engine> {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web/wasm');
  env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
  return createEngine({ env, InferenceSession, Tensor }, 'wasm', threads, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

/** The build that has WebGPU and WASM in it. What WebGPU lacks an operator for, it does in WASM. */
async function largeEngine(kind: 'webgpu' | 'wasm', wasmPaths: string | undefined): Promise<Engine> {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web/webgpu');
  env.wasm.numThreads = 1;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
  // With channels last, its Conv is wrong for 6, 9, 15 ... channels (onnxruntime 1.30, like its issue 29651); in the
  // gradient of a kernel, examples are the channels.
  const webgpu = { name: 'webgpu', preferredLayout: 'NCHW' } as const;
  return createEngine({ env, InferenceSession, Tensor }, kind, 1, {
    executionProviders: [kind === 'webgpu' ? webgpu : kind],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

/** Several threads where shared memory allows them: as ONNX Runtime itself would choose. */
function defaultThreads(): number {
  return Math.min(4, Math.ceil((scope.navigator?.hardwareConcurrency ?? 1) / 2));
}

/** Whether there is a graphics processor; one that the browser imitates is slower than WASM. */
async function hasHardwareGpu(): Promise<boolean> {
  const adapter = await scope.navigator?.gpu?.requestAdapter().catch(() => null);
  return adapter != null && adapter.info?.isFallbackAdapter !== true;
}
