/** The pool of threads on which simulated clients train; one trainer a thread serves many clients in turn. */
import type { LocalPart } from '../client/local-part.js';
import type { TrainTask } from '../client/train-task.js';
import type { Examples } from '../data/dataset.js';
import type { EvaluationSums, TrainResult } from '../learn/trainer.js';
import type { Layout } from '../params/layout.js';

/** What came of a task, and how long it took on its thread. */
export interface TrainOutcome {
  readonly result: TrainResult;
  readonly trainMs: number;
}

/** Runs work on trainers. Calls may overlap; each trainer does one at a time, in the order of the calls. */
export interface TrainingPool {
  readonly layout: Layout;
  /** What trains, for people. */
  readonly engineName: string;
  /** What a user should know about that, if anything. */
  readonly notice?: string;
  readonly threads: number;
  /** Why nobody can train or evaluate any more, once all threads have died and none can be started. */
  readonly broken: Error | undefined;
  /** An array of `layout.size` elements that every thread sees. All arrays handed in must come from here. */
  allocate(): Float32Array;
  initialParams(seed: number, out: Float32Array): Promise<void>;
  /** @param onStart called when a thread begins with it */
  train(task: TrainTask, out: Float32Array, onStart?: () => void): Promise<TrainOutcome>;
  evaluate(params: Float32Array, examples: Examples, local?: LocalPart): Promise<EvaluationSums>;
  close(): Promise<void>;
}
