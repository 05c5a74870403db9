/** What a served run learns: the model, the data it is for, where it starts, and who can evaluate it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Examples } from '../data/dataset.js';
import type { Vocabulary } from '../data/vocabulary.js';
import { loadVocabulary } from '../datasets/load-vocabulary.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError } from '../errors.js';
import type { Model } from '../learn/model.js';
import { createOnnxTrainer } from '../learn/onnx-trainer.js';
import type { EvaluationSums, Trainer } from '../learn/trainer.js';
import { readParams } from '../params/safetensors.js';
import { metricsOf } from '../round/metrics.js';
import type { Metrics } from '../round/run-events.js';
import { type DataDescription, describedData } from '../settings/described-data.js';
import { loadData } from '../settings/load-data.js';
import type { ServedRun as ServedSettings } from '../settings/served-options.js';
import { isModelFile, loadModel } from '../trainers/load-model.js';

/** A model that is ready to be served. */
export interface ServedModel {
  readonly model: Model;
  readonly trainer: Trainer;
  readonly engineName: string;
  readonly data: DataDescription;
  /** The ONNX file, where the model came from one. */
  readonly file?: { readonly name: string; readonly bytes: Uint8Array };
  /** The global parameters of round 0. */
  initialParams(): Promise<Float32Array>;
  /** Of the server's text, or of the clients' that the settings describe; absent: there is none, or it is not known. */
  readonly text?: { readonly vocabulary: Vocabulary; readonly coverage?: number };
  /** How many examples the server has to evaluate on; 0: none. */
  readonly heldOutCount: number;
  /** Metrics on these. */
  evaluate(params: Float32Array): Promise<Metrics>;
}

/**
 * Loads the model of a run, and the data that the server evaluates on, if any.
 *
 * @throws {ConfigError} when settings, data and model do not fit together.
 */
export async function loadServedModel(
  options: ServedSettings,
  onNotice: (notice: string) => void,
): Promise<ServedModel> {
  const { heldOut, text } = await loadHeldOut(options, onNotice);
  const data = heldOut?.dataset ?? describedData(options, text?.vocabulary.names);
  if (!data) throw new ConfigError('data, or task and featureShape, must be given, got neither');
  const [model, { engine, notice }] = await Promise.all([
    loadModel(options.model, data),
    chooseEngine(options.engine === undefined ? {} : { kind: options.engine }),
  ]);
  if (notice !== undefined) onNotice(notice);
  const trainer = createOnnxTrainer(engine, model);
  const { task, classNames, featureShape } = data;
  const classCount = task === 'classification' ? classNames.length : 0;
  return {
    ...{ model, trainer },
    engineName: engine.name,
    data: { task, classNames, featureShape },
    ...(text ? { text } : {}),
    heldOutCount: heldOut?.indices.length ?? 0,
    ...(isModelFile(options.model)
      ? { file: { name: basename(options.model), bytes: await readFile(options.model) } }
      : {}),
    initialParams: () => initialParams(options, trainer),
    async evaluate(params) {
      if (!heldOut) throw new ConfigError('data must be given where the server evaluates, got none');
      const sums: EvaluationSums = await trainer.evaluate(params, heldOut);
      return metricsOf(sums, task, classCount);
    },
  };
}

/** The test part of the data, or all of it where its makers set none aside. */
async function loadHeldOut(
  settings: ServedSettings,
  onNotice: (notice: string) => void,
): Promise<{ readonly heldOut?: Examples; readonly text?: NonNullable<ServedModel['text']> }> {
  const { data, tokens } = settings;
  if (data === undefined) {
    return tokens === undefined
      ? {}
      : { text: { vocabulary: await loadVocabulary(tokens, settings.vocabulary) } };
  }
  const loaded = await loadData({ ...settings, data }, { onNotice });
  const dataset = loaded.test ?? loaded.train;
  const { vocabulary, coverage } = loaded;
  return {
    heldOut: { dataset, indices: Uint32Array.from({ length: dataset.count }, (_, index) => index) },
    ...(vocabulary ? { text: { vocabulary, ...(coverage === undefined ? {} : { coverage }) } } : {}),
  };
}

async function initialParams({ init, seed }: ServedSettings, trainer: Trainer): Promise<Float32Array> {
  const { layout } = trainer;
  if (init === undefined) {
    const values = new Float32Array(layout.size);
    await trainer.initialParams(seed, values);
    return values;
  }
  const bytes = await readFile(init).catch((cause: unknown) => {
    throw new ConfigError(`init must be a safetensors file that can be read, got ${init}`, { cause });
  });
  return readParams(bytes, layout, 'init').values;
}
