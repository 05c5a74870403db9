/** How settings are kept in a run's `config.json`, and read back in whatever folder the run goes on. */
import { resolve } from 'node:path';
import { DATASET_NAMES } from '../datasets/load-dataset.js';
import { isVocabularyFile } from '../datasets/load-vocabulary.js';
import { ConfigError, StoreError } from '../errors.js';
import { isModelFile } from '../trainers/load-model.js';
import { parseOptions, type ResolvedOptions, type SimulationOptions } from './simulation-options.js';

/** What `config.json` holds: the settings as they were given, and the folder that their relative paths start at. */
export type StoredSettings = Readonly<Record<string, unknown>> & { readonly workingDirectory: string };

/** What stands for a function in JSON. */
const FUNCTION = { type: 'function' };

/** Functions leave a mark, so that a run does not go on without them unnoticed. */
export function storeSettings(options: ResolvedOptions): StoredSettings {
  const entries = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === 'function' ? FUNCTION : value,
  ]);
  return { ...Object.fromEntries(entries), workingDirectory: process.cwd() };
}

/** The settings alone, for people; none where `config` holds none. */
export function shownSettings(config: unknown): Record<string, unknown> {
  if (typeof config !== 'object' || config === null) return {};
  const { workingDirectory: _, ...settings } = config as Record<string, unknown>;
  return settings;
}

/**
 * The model and the engine that a run trained with.
 *
 * @throws {StoreError} when `config` holds no settings.
 * @throws {ConfigError} when the run had a trainer of the user's own.
 */
export function restoreModel(directory: string, config: unknown): Pick<ResolvedOptions, 'model' | 'engine'> {
  const settings = typeof config === 'object' && config !== null ? Object.entries(config) : [];
  const plain = settings.filter(([, value]) => JSON.stringify(value) !== JSON.stringify(FUNCTION));
  const { trainer, ...options } = restoreSettings(directory, Object.fromEntries(plain), {});
  if (trainer) throw new ConfigError('run must have trained a model, got one with a trainer of its own');
  return options;
}

/**
 * The settings of a run that goes on; relative paths start where they did at first.
 *
 * @param functions the settings that are functions, which JSON cannot hold
 * @throws {StoreError} when `config` holds no settings.
 * @throws {ConfigError} when a setting is wrong, or a function is missing.
 */
export function restoreSettings(
  directory: string,
  config: unknown,
  functions: SimulationOptions,
): ResolvedOptions {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new StoreError(`run directory ${directory} is damaged: config.json must hold settings`);
  }
  const { workingDirectory, ...settings } = config as Record<string, unknown>;
  const options = parseOptions({ ...settings, ...functions });
  if (typeof workingDirectory !== 'string') return options;
  const { data, dataDir, vocabulary, init, model, trainer } = options;
  const whole = (path: string) => (path.startsWith('file:') ? path : resolve(workingDirectory, path));
  return {
    ...options,
    ...((DATASET_NAMES as readonly string[]).includes(data) ? {} : { data: whole(data) }),
    ...(dataDir === undefined ? {} : { dataDir: whole(dataDir) }),
    ...(vocabulary !== undefined && isVocabularyFile(vocabulary) ? { vocabulary: whole(vocabulary) } : {}),
    ...(init === undefined ? {} : { init: whole(init) }),
    ...(isModelFile(model) ? { model: whole(model) } : {}),
    ...(trainer ? { trainer: { ...trainer, module: whole(trainer.module) } } : {}),
  };
}
