/** What the compiler needs of whatever runs its graphs: ONNX Runtime, native or WASM, in any place. */

/** A tensor over an array of the caller's: what is in the array when a session runs is what it sees. */
export interface EngineTensor {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

/** A graph, loaded. Runs on one session never overlap. */
export interface EngineSession {
  /**
   * Runs the graph; afterwards the arrays of `outputs` hold what it made. The arrays may change from run to run, the
   * records must not: what is made of them is kept.
   */
  run(
    inputs: Readonly<Record<string, EngineTensor>>,
    outputs: Readonly<Record<string, EngineTensor>>,
  ): Promise<void>;
  release(): Promise<void>;
}

/** Loads graphs. One engine serves one thread. */
export interface Engine {
  /** For people and logs: which runtime, which kind, which version. */
  readonly name: string;
  load(onnx: Uint8Array): Promise<EngineSession>;
  /** Wraps an array (no copy). */
  tensor(data: Float32Array | Int32Array, dims: readonly number[]): EngineTensor;
}
