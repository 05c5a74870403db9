/** From the command line's words to the settings of a run. */
import { type Command, Option } from 'commander';
import { ConfigError } from '../errors.js';
import { loadDefaultExport } from '../trainers/load-module.js';
import { dataFlags, type Flag, servedFlags, simulationFlags } from './flags.js';

type Settings = Readonly<Record<string, unknown>>;

/** Adds the flags that say which data there is and how it is dealt. */
export function addDataFlags(command: Command): Command {
  return addFlags(command, dataFlags);
}

/** Adds the flags of a simulation. */
export function addSimulationFlags(command: Command): Command {
  return addFlags(command, simulationFlags);
}

/** Adds the flags of a run on a server. */
export function addServedFlags(command: Command): Command {
  return addFlags(command, servedFlags);
}

function addFlags(command: Command, flags: readonly Flag[]): Command {
  for (const { flag: spelling, help } of flags) command.addOption(new Option(spelling, help));
  return command.addOption(
    new Option('--config <file>', 'settings from a .ts, .js or .json file; flags go first'),
  );
}

/**
 * The settings that a command line gives, over those of its `--config` file; not checked yet.
 *
 * @param given commander's options by their camel-case flags
 */
export async function settingsOf(given: Readonly<Record<string, unknown>>): Promise<Settings> {
  const { config } = given;
  const base = typeof config === 'string' ? await readConfigFile(config) : {};
  const own: Record<string, unknown> = {};
  for (const { setting, flag: spelling, convert } of [...simulationFlags, ...servedFlags]) {
    const value = given[optionKey(spelling)];
    if (value !== undefined) own[setting] = typeof value === 'string' ? convert(value) : value;
  }
  const replaced = Object.fromEntries(Object.entries(base).filter(([key]) => !isReplaced(key, own)));
  return { ...replaced, ...own };
}

/** As `settingsOf`, of the flags that say which data there is alone. */
export function dataSettingsOf(given: Readonly<Record<string, unknown>>): Promise<Settings> {
  const keys = ['config', ...dataFlags.map(({ flag: spelling }) => optionKey(spelling))];
  return settingsOf(Object.fromEntries(keys.map((key) => [key, given[key]])));
}

/** Settings that say the same thing in two ways: a flag for one takes the place of the file's other. */
const ALTERNATIVES = [
  ['samplingRate', 'cohort'],
  ['localEpochs', 'localSteps'],
  ['classNames', 'classCount'],
] as const;

function isReplaced(key: string, own: Readonly<Record<string, unknown>>): boolean {
  return ALTERNATIVES.some(
    ([a, b]) => (key === a && own[b] !== undefined) || (key === b && own[a] !== undefined),
  );
}

/**
 * The settings in a configuration file: its default export, or all of a `.json` file.
 *
 * @throws {ConfigError} when it cannot be loaded or holds no object.
 */
export async function readConfigFile(path: string): Promise<Settings> {
  const settings = await loadDefaultExport('config', path);
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new ConfigError(`config must hold an object of settings, got ${path}`);
  }
  return settings as Settings;
}

function optionKey(spelling: string): string {
  return new Option(spelling).attributeName();
}
