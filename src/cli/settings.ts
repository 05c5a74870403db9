/** From the command line's words to a simulation's settings; ranges are checked where settings are parsed. */
import { type Command, Option } from 'commander';
import { ConfigError } from '../errors.js';
import { modelNames } from '../learn/model.js';
import type { SimulationOptions } from '../settings/simulation-options.js';
import { loadDefaultExport } from '../trainers/load-module.js';

type Convert = (text: string) => unknown;

const asText: Convert = (text) => text;
/** What is no number stays text, so that the sentence that refuses it can show it. */
const asNumber: Convert = (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text));
const asList: Convert = (text) => text.split(',').map((part) => part.trim());

/** `0.1`, `0.1*0.99` (times 0.99 each round), or `1:0.1,50:0.01` (from those rounds on). */
const asSchedule: Convert = (text) => {
  if (text.includes('*')) {
    const [initial, factor] = text.split('*').map(asNumber);
    return { type: 'decay', initial, factor };
  }
  if (!text.includes(':')) return asNumber(text);
  return { type: 'steps', values: text.split(',').map((pair) => pair.split(':').map(asNumber)) };
};

const asLocalParams: Convert = (text) => (text === 'batch-normalization' ? text : asList(text));

const asTarget: Convert = (text) => {
  const [metric, value, ...more] = text.split('=');
  if (metric === undefined || value === undefined || more.length > 0) {
    throw new ConfigError(`target must be like accuracy=0.97, got "${text}"`);
  }
  return { metric, value: asNumber(value) };
};

const asPlateau: Convert = (text) => {
  const [patience, minChange = '0', ...more] = text.split(':');
  if (more.length > 0) throw new ConfigError(`plateau must be like 10 or 10:0.001, got "${text}"`);
  return { patience: asNumber(patience ?? ''), minChange: asNumber(minChange) };
};

interface Flag {
  readonly setting: keyof SimulationOptions;
  readonly flag: string;
  readonly help: string;
  readonly convert: Convert;
}

const dataFlags: readonly Flag[] = [
  flag(
    'data',
    '--data <name>',
    'digits, mnist, heart-disease, shakespeare, shakespeare-words, or a CSV file [digits]',
    asText,
  ),
  flag('dataDir', '--data-dir <folder>', 'where data files lie', asText),
  flag('examples', '--examples <n>', 'digits: training examples to draw [10000]', asNumber),
  flag('label', '--label <column>', 'CSV: the column to predict', asText),
  flag('groupBy', '--group-by <column>', "CSV: the column that names an example's owner", asText),
  flag('features', '--features <columns>', 'CSV: the columns to learn from, comma-separated [all]', asList),
  flag('task', '--task <task>', 'CSV: classification or regression', asText),
  flag('tokens', '--tokens <kind>', 'text: chars or words, to predict the next', asText),
  flag('text', '--text <column>', 'CSV of texts: the column that holds them [text]', asText),
  flag('sequenceLength', '--sequence-length <n>', 'text: tokens an example [80 chars, 20 words]', asNumber),
  flag('vocabulary', '--vocabulary <list>', 'words: a file, one a line, or hashed:4096 [built in]', asText),
  flag(
    'partition',
    '--partition <how>',
    'how examples are dealt: iid, shards:2, dirichlet:0.5, natural ...',
    asText,
  ),
  flag('clients', '--clients <n>', 'how many clients [10]', asNumber),
  flag(
    'heldOutFraction',
    '--held-out <share>',
    'share that clients hold out without a test set [0.2]',
    asNumber,
  ),
  flag('seed', '--seed <n>', 'same seed, same bytes [1]', asNumber),
];

const trainingFlags: readonly Flag[] = [
  flag('samplingRate', '--sampling-rate <q>', 'share of the clients asked in a round [1]', asNumber),
  flag('cohort', '--cohort <n>', 'number of clients asked in a round', asNumber),
  flag('minimumClients', '--minimum-clients <n>', 'a round with fewer results fails [1]', asNumber),
  flag('model', '--model <name>', `${modelNames.join(', ')} or the path of an .onnx file [2nn]`, asText),
  flag('trainer', '--trainer <module>', 'your own trainer, in place of a model', (module) => ({ module })),
  flag('init', '--init <file>', 'safetensors file to start from', asText),
  flag('strategy', '--strategy <name>', 'fedavg [fedavg]', asText),
  flag(
    'localParams',
    '--local-params <names>',
    "what stays with each client: batch-normalization, or names like 'batchNorm*' [nothing]",
    asLocalParams,
  ),
  flag('reports', '--reports <what>', 'clients report params or update [params]', asText),
  flag('serverLearningRate', '--server-learning-rate <x>', 'factor of the mean update [1]', asNumber),
  flag('rounds', '--rounds <n>', 'at most this many rounds [20]', asNumber),
  flag('evaluateEvery', '--evaluate-every <n>', 'rounds from one evaluation to the next [1]', asNumber),
  flag('target', '--target <metric=value>', 'stop when reached, like accuracy=0.97', asTarget),
  flag('plateau', '--plateau <n[:change]>', 'stop after n rounds without a better metric', asPlateau),
  flag('maxSeconds', '--max-seconds <s>', 'stop after this time', asNumber),
  flag(
    'localEpochs',
    '--local-epochs <n>',
    'passes over the data a round [1]; 5, or 1:5,20:1 by round',
    asSchedule,
  ),
  flag('localSteps', '--local-steps <n>', 'mini-batch steps a round, in place of epochs', asSchedule),
  flag('batchSize', '--batch-size <n>', 'examples a step, or full [10]', asNumber),
  flag(
    'learningRate',
    '--learning-rate <x>',
    'step size [0.1]; 0.1*0.99 decays, 1:0.1,50:0.01 steps',
    asSchedule,
  ),
  flag('optimizer', '--optimizer <name>', 'sgd, nesterov, adagrad, rmsprop, adam or adamw [sgd]', asText),
  flag(
    'gradientClippingNorm',
    '--gradient-clipping-norm <x>',
    'bound on the norm of each gradient [none]',
    asNumber,
  ),
  flag('momentum', '--momentum <x>', 'of local SGD [0]', asNumber),
  flag('weightDecay', '--weight-decay <x>', 'L2 penalty of local SGD [0]', asNumber),
  flag('threads', '--threads <n>', 'training threads [cores]', asNumber),
  flag('engine', '--engine <kind>', 'native or wasm [native where installed]', asText),
  flag('compare', '--compare <baselines>', 'central, isolated, ngram: some, comma-separated', asList),
  flag('isolatedClients', '--isolated-clients <n>', 'how many train alone [all; of text 20]', asNumber),
  flag('ngramOrder', '--ngram-order <n>', 'tokens that the n-gram baseline looks at [3]', asNumber),
  flag('out', '--out <folder>', 'where runs are kept [runs]', asText),
  flag('name', '--name <name>', "the run's name [data, model and time]", asText),
];

function flag(setting: keyof SimulationOptions, spelling: string, help: string, convert: Convert): Flag {
  return { setting, flag: spelling, help, convert };
}

/** Adds the flags that say which data there is and how it is dealt. */
export function addDataFlags(command: Command): Command {
  return addFlags(command, dataFlags);
}

/** Adds the flags of a simulation. */
export function addSimulationFlags(command: Command): Command {
  return addFlags(command, [...dataFlags, ...trainingFlags]);
}

function addFlags(command: Command, flags: readonly Flag[]): Command {
  for (const { flag: spelling, help } of flags) command.addOption(new Option(spelling, help));
  return command.addOption(
    new Option('--config <file>', 'settings from a .ts, .js or .json file; flags go first'),
  );
}

/**
 * The settings that a command line gives, over those of its `--config` file.
 *
 * @param given commander's options by their camel-case flags
 */
export async function settingsOf(given: Readonly<Record<string, unknown>>): Promise<SimulationOptions> {
  const { config } = given;
  const base = typeof config === 'string' ? await readConfigFile(config) : {};
  const own: Record<string, unknown> = {};
  for (const { setting, flag: spelling, convert } of [...dataFlags, ...trainingFlags]) {
    const value = given[optionKey(spelling)];
    if (typeof value === 'string') own[setting] = convert(value);
  }
  const replaced = Object.fromEntries(Object.entries(base).filter(([key]) => !isReplaced(key, own)));
  return { ...replaced, ...own } as SimulationOptions;
}

/** Settings that say the same thing in two ways: a flag for one takes the place of the file's other. */
const ALTERNATIVES = [
  ['samplingRate', 'cohort'],
  ['localEpochs', 'localSteps'],
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
export async function readConfigFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const settings = await loadDefaultExport('config', path);
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new ConfigError(`config must hold an object of settings, got ${path}`);
  }
  return settings as Readonly<Record<string, unknown>>;
}

function optionKey(spelling: string): string {
  return new Option(spelling).attributeName();
}
