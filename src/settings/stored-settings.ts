/** How settings are kept in a run's `config.json`, and read back in whatever folder the run goes on. */
import { resolve } from 'node:path';
import { DATASET_NAMES } from '../datasets/load-dataset.js';
import { isVocabularyFile } from '../datasets/load-vocabulary.js';
import { ConfigError, StoreError } from '../errors.js';
import { isModelFile } from '../trainers/load-model.js';
import { settingsParser } from './parse-settings.js';
import { type RunSettings, runDefaults, runEntries } from './run-entries.js';

/** What `config.json` holds: the settings as they were given, and the folder that their relative paths start at. */
export type StoredSettings = Readonly<Record<string, unknown>> & { readonly workingDirectory: string };

/** What stands for a function in JSON. */
const FUNCTION = { type: 'function' };

/** Functions leave a mark, so that a run does not go on without them unnoticed. */
export function storeSettings(settings: object): StoredSettings {
  const entries = Object.entries(settings).map(([key, value]) => [
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

const parseModel = settingsParser({ model: runEntries.model, engine: runEntries.engine });

/**
 * The model and the engine that a run trained with, whatever else it was told.
 *
 * @throws {StoreError} when `config` holds no settings.
 * @throws {ConfigError} when the run had a trainer of the user's own.
 */
export function restoreModel(directory: string, config: unknown): Pick<RunSettings, 'model' | 'engine'> {
  return restoreSettings(directory, config, ({ model, engine, trainer }) => {
    if (!trainer) return { model: runDefaults.model, ...parseModel({ model, engine }) };
    throw new ConfigError('run must have trained a model, got one with a trainer of its own');
  });
}

/** The settings that are, or may be, paths. */
interface Paths {
  readonly model: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly vocabulary?: string;
  readonly init?: string;
  readonly trainer?: { readonly module: string };
}

/**
 * The settings of a run that goes on; relative paths start where they did at first.
 *
 * @param parse checks what is stored; functions, which JSON cannot hold, are for it to add
 * @throws {StoreError} when `config` holds no settings.
 * @throws {ConfigError} when a setting is wrong, or a function is missing.
 */
export function restoreSettings<Settings extends Paths>(
  directory: string,
  config: unknown,
  parse: (stored: Readonly<Record<string, unknown>>) => Settings,
): Settings {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new StoreError(`run directory ${directory} is damaged: config.json must hold settings`);
  }
  const { workingDirectory, ...stored } = config as Record<string, unknown>;
  const settings = parse(stored);
  if (typeof workingDirectory !== 'string') return settings;
  const { data, dataDir, vocabulary, init, model, trainer } = settings;
  const whole = (path: string) => (path.startsWith('file:') ? path : resolve(workingDirectory, path));
  return {
    ...settings,
    ...(data === undefined || isDatasetName(data) ? {} : { data: whole(data) }),
    ...(dataDir === undefined ? {} : { dataDir: whole(dataDir) }),
    ...(vocabulary !== undefined && isVocabularyFile(vocabulary) ? { vocabulary: whole(vocabulary) } : {}),
    ...(init === undefined ? {} : { init: whole(init) }),
    ...(isModelFile(model) ? { model: whole(model) } : {}),
    ...(trainer ? { trainer: { ...trainer, module: whole(trainer.module) } } : {}),
  };
}

function isDatasetName(data: string): boolean {
  return (DATASET_NAMES as readonly string[]).includes(data);
}
