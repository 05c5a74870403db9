/** Makes a trainer: of a model by name or from an ONNX file, or from a module of the user's. */
import type { Dataset } from '../data/dataset.js';
import type { EngineKind, EngineOptions } from '../engine/engine-options.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError } from '../errors.js';
import { createOnnxTrainer } from '../learn/onnx-trainer.js';
import { stoppableEngine } from '../learn/stoppable-engine.js';
import type { Trainer } from '../learn/trainer.js';
import { loadModel } from './load-model.js';
import { loadDefaultExport } from './load-module.js';

/** What trains: a model by name, or a module of the user's. */
export type TrainerSource =
  | { readonly type: 'model'; readonly name: string; readonly engine: EngineOptions }
  | { readonly type: 'module'; readonly location: string; readonly options: unknown };

/** The default export of a trainer module: gets the training data's shape and the user's options. */
export type TrainerFactory = (dataset: Dataset, options: unknown) => Trainer | Promise<Trainer>;

/** A trainer and how to speak of it. */
export interface CreatedTrainer {
  readonly trainer: Trainer;
  readonly engineName: string;
  /** Absent for a trainer of the user's. */
  readonly engineKind?: EngineKind;
  readonly notice?: string;
}

/**
 * Creates the trainer for a data set.
 *
 * @param isStopped asked before every call of the engine, which fails once it says so
 * @throws {ConfigError} when the module cannot be loaded, or its default export makes no trainer.
 */
export async function createTrainer(
  source: TrainerSource,
  dataset: Dataset,
  isStopped: () => boolean,
): Promise<CreatedTrainer> {
  if (source.type === 'module') return createFromModule(source.location, source.options, dataset);
  const { engine, kind, notice } = await chooseEngine(source.engine);
  const model = await loadModel(source.name, dataset);
  const created = {
    trainer: createOnnxTrainer(stoppableEngine(engine, isStopped), model),
    engineName: engine.name,
    engineKind: kind,
  };
  const notices = [...(notice === undefined ? [] : [notice]), ...(model.notices ?? [])];
  return notices.length === 0 ? created : { ...created, notice: notices.join('; ') };
}

async function createFromModule(
  location: string,
  options: unknown,
  dataset: Dataset,
): Promise<CreatedTrainer> {
  const factory = await loadDefaultExport('trainer.module', location);
  if (typeof factory !== 'function') {
    throw new ConfigError(`trainer.module must export a function by default, got ${typeof factory}`);
  }
  const trainer = await (factory as TrainerFactory)(dataset, options);
  if (!isTrainer(trainer)) {
    throw new ConfigError(
      `trainer.module must make a trainer with layout, initialParams, train and evaluate, got ${location}`,
    );
  }
  return { trainer, engineName: 'own trainer' };
}

function isTrainer(made: Partial<Trainer> | undefined | null): boolean {
  const methods = [made?.initialParams, made?.train, made?.evaluate];
  const size = made?.layout?.size;
  return Number.isSafeInteger(size) && methods.every((method) => typeof method === 'function');
}
