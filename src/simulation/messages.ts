/** What a pool and its threads say to each other. Arrays are on shared memory, so that saying is not copying. */
import type { LocalPart } from '../client/local-part.js';
import type { Dataset } from '../data/dataset.js';
import type { EngineKind } from '../engine/engine-options.js';
import type { EvaluationSums, LocalWork } from '../learn/trainer.js';
import type { Layout } from '../params/layout.js';
import type { TrainerSource } from '../trainers/create-trainer.js';
import type { TrainOutcome } from './pool.js';

/** Handed to a thread at its start. */
export interface ThreadStart {
  /** What clients train on comes first. */
  readonly datasets: readonly [Dataset, ...Dataset[]];
  readonly source: TrainerSource;
  /** One element on shared memory: not 0 when the thread is to stop what it does. */
  readonly stop: Int32Array;
}

/** Examples, by the place of their data set in `ThreadStart.datasets`. */
export interface ExamplesReference {
  readonly dataset: number;
  readonly indices: Uint32Array;
}

export type Request = { readonly id: number } & (
  | { readonly type: 'initial'; readonly seed: number; readonly out: Float32Array }
  | {
      readonly type: 'train';
      readonly params: Float32Array;
      readonly out: Float32Array;
      readonly examples: ExamplesReference;
      readonly work: LocalWork;
      readonly seed: number;
      readonly reports: 'params' | 'update';
      readonly local?: LocalPart | undefined;
    }
  | {
      readonly type: 'evaluate';
      readonly params: Float32Array;
      readonly examples: ExamplesReference;
      readonly local?: LocalPart | undefined;
    }
);

export type Reply =
  | {
      readonly type: 'ready';
      readonly layout: Layout;
      readonly engineName: string;
      readonly engineKind?: EngineKind | undefined;
      readonly notice?: string | undefined;
    }
  | { readonly type: 'done'; readonly id: number; readonly value: TrainOutcome | EvaluationSums | undefined }
  | { readonly type: 'failed'; readonly id: number | null; readonly code: string; readonly message: string };
