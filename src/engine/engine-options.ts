/** What may be asked of `chooseEngine`, in Node and in browsers, and what it answers. */
import type { Engine } from '../learn/engine.js';

/**
 * Where graphs run: `native` (onnxruntime-node, Node only), `webgpu` (onnxruntime-web, browsers only), `wasm`
 * (onnxruntime-web, everywhere).
 */
export type EngineKind = 'native' | 'webgpu' | 'wasm';

/** Options of `chooseEngine`. */
export interface EngineOptions {
  /** Only this one, or an error; by default the first that passes the self-test. */
  readonly kind?: EngineKind;
  /**
   * In browsers: the URL of the folder, on your own origin, that holds ONNX Runtime's `.mjs` and `.wasm` files, with
   * a slash at its end. Default: where your bundler has put the `.wasm` file.
   */
  readonly wasmPaths?: string;
  /**
   * In browsers: threads of WebAssembly. Default: half of the logical processors, at most 4, where the page is
   * cross-origin isolated; elsewhere there can be one only.
   */
  readonly threads?: number;
  /** How long an engine may take to load and to pass the self-test, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
  /** Default true. False where the same engine has passed on this device already. */
  readonly selfTest?: boolean;
}

/** An engine, and why it is not the one that was hoped for (when it is not). */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly kind: EngineKind;
  /** One sentence for people. */
  readonly notice?: string;
}
