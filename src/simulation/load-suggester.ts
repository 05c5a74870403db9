/** The model of a finished or running run, ready to suggest what comes next. */
import type { Suggester, SuggesterOptions } from '../client/suggest.js';
import { createSuggester } from '../client/suggest.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError, StoreError } from '../errors.js';
import { modelParameters } from '../learn/compile.js';
import { createPredictor } from '../learn/predictor.js';
import { readParams } from '../params/safetensors.js';
import { restoreModel } from '../settings/stored-settings.js';
import { listModels, readModel, readRun, readVocabulary } from '../store/stored-run.js';
import { loadModel } from '../trainers/load-model.js';

/** A suggester that holds an engine's session until it is released. */
export interface LoadedSuggester extends Suggester {
  /** The round that its model is of. */
  readonly round: number;
  release(): Promise<void>;
}

/**
 * Loads the last model of a run of the next token.
 *
 * @param path the run directory
 * @throws {ConfigError} when the run is of another task, was trained by a trainer of the user's own, left a part of its
 * model with the clients, or has hashed words and `typed` is missing.
 * @throws {StoreError} when there is no such run, or it has no model yet, or it is damaged.
 */
export async function loadSuggester(path: string, options: SuggesterOptions = {}): Promise<LoadedSuggester> {
  const { config, events } = await readRun(path);
  const started = events.find((event) => event.type === 'run-started');
  if (!started) throw new StoreError(`run must have begun, but ${path} has no events`);
  if (started.task !== 'next-token') {
    throw new ConfigError(`run must be one that predicts the next token, got one of ${started.task}`);
  }
  if (started.localParams) {
    throw new ConfigError('run must have one model for all, got one in which parameters stay with clients');
  }
  const { model: name, engine: kind } = restoreModel(path, config);
  const vocabulary = await readVocabulary(path);
  if (vocabulary.type === 'hashed-words' && options.typed === undefined) {
    throw new ConfigError('typed must be given where words are hashed: they are what can be suggested');
  }
  const { featureShape = [], task } = started;
  const model = await loadModel(name, { featureShape, task, classNames: vocabulary.names });
  const round = (await listModels(path)).at(-1);
  if (round === undefined) throw new StoreError(`run must have a model, but ${path} has none`);
  const file = `the model of round ${round}`;
  const { values } = readParams(await readModel(path, round), modelParameters(model).layout, file);
  const { engine } = await chooseEngine(kind === undefined ? {} : { kind });
  const predictor = await createPredictor(engine, model, values);
  const suggester = createSuggester(predictor, vocabulary, options);
  return { round, suggest: suggester.suggest, release: () => predictor.release() };
}
