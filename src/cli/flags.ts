/** The flags of settings, by who uses them. */

import { modelNames } from '../learn/model.js';
import type { ServedRunOptions } from '../settings/served-options.js';
import type { SimulationOptions } from '../settings/simulation-options.js';
import {
  asList,
  asLocalParams,
  asNumber,
  asNumbers,
  asPlateau,
  asRetry,
  asSchedule,
  asTarget,
  asText,
  asWhere,
  type Convert,
} from './flag-values.js';

/** One flag, and the setting that it gives. */
export interface Flag {
  readonly setting: keyof SimulationOptions | keyof ServedRunOptions;
  /** As commander has it: `--rounds <n>`. Without a value it stands for true. */
  readonly flag: string;
  readonly help: string;
  readonly convert: Convert;
}

const data = (help: string) => flag('data', '--data <name>', help, asText);
const task = (help: string) => flag('task', '--task <task>', help, asText);

const seed = flag('seed', '--seed <n>', 'same seed, same bytes [1]', asNumber);

/** How data is read. */
const reading: readonly Flag[] = [
  flag('dataDir', '--data-dir <folder>', 'where data files lie', asText),
  flag('examples', '--examples <n>', 'digits: training examples to draw [10000]', asNumber),
  flag('label', '--label <column>', 'CSV: the column to predict', asText),
  flag('groupBy', '--group-by <column>', "CSV: the column that names an example's owner", asText),
  flag('features', '--features <columns>', 'CSV: the columns to learn from, comma-separated [all]', asList),
  flag('tokens', '--tokens <kind>', 'text: chars or words, to predict the next', asText),
  flag('text', '--text <column>', 'CSV of texts: the column that holds them [text]', asText),
  flag('sequenceLength', '--sequence-length <n>', 'text: tokens an example [80 chars, 20 words]', asNumber),
  flag('vocabulary', '--vocabulary <list>', 'words: a file, one a line, or hashed:4096 [built in]', asText),
  flag('heldOutFraction', '--held-out <share>', 'share that is held out without a test set [0.2]', asNumber),
];

/** Data as a simulation deals it. */
export const dataFlags: readonly Flag[] = [
  data('digits, mnist, heart-disease, shakespeare, shakespeare-words, or a CSV file [digits]'),
  task('CSV: classification or regression'),
  ...reading,
  flag(
    'partition',
    '--partition <how>',
    'how examples are dealt: iid, shards:2, dirichlet:0.5, natural ...',
    asText,
  ),
  flag('clients', '--clients <n>', 'how many clients [10]', asNumber),
  seed,
];

/** What any run is told of its training. */
const training: readonly Flag[] = [
  flag('minimumClients', '--minimum-clients <n>', 'a round with fewer results fails [1]', asNumber),
  flag('model', '--model <name>', `${modelNames.join(', ')} or the path of an .onnx file [2nn]`, asText),
  flag('init', '--init <file>', 'safetensors file to start from', asText),
  flag('strategy', '--strategy <name>', 'fedavg [fedavg]', asText),
  flag('reports', '--reports <what>', 'clients report params or update [params]', asText),
  flag('serverLearningRate', '--server-learning-rate <x>', 'factor of the mean update [1]', asNumber),
  flag(
    'serverMomentum',
    '--server-momentum <x>',
    "share of the server's last step in its next [0]; 1:0,7:0.9 by round",
    asSchedule,
  ),
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
  flag('engine', '--engine <kind>', 'native or wasm [native where installed]', asText),
  flag('name', '--name <name>', "the run's name [data, model and time]", asText),
];

export const simulationFlags: readonly Flag[] = [
  ...dataFlags,
  flag('samplingRate', '--sampling-rate <q>', 'share of the clients asked in a round [1]', asNumber),
  flag('cohort', '--cohort <n>', 'number of clients asked in a round', asNumber),
  ...training,
  flag('trainer', '--trainer <module>', 'your own trainer, in place of a model', (module) => ({ module })),
  flag(
    'localParams',
    '--local-params <names>',
    "what stays with each client: batch-normalization, or names like 'batchNorm*' [nothing]",
    asLocalParams,
  ),
  flag('threads', '--threads <n>', 'training threads [cores]', asNumber),
  flag('compare', '--compare <baselines>', 'central, isolated, ngram: some, comma-separated', asList),
  flag('isolatedClients', '--isolated-clients <n>', 'how many train alone [all; of text 20]', asNumber),
  flag('ngramOrder', '--ngram-order <n>', 'tokens that the n-gram baseline looks at [3]', asNumber),
  flag('out', '--out <folder>', 'where runs are kept [runs]', asText),
];

/** Of a run on a server: its data is what the server evaluates on. */
export const servedFlags: readonly Flag[] = [
  flag('title', '--title <text>', 'for those who are asked to take part [the name or model]', asText),
  flag('description', '--description <text>', 'for those who are asked to take part', asText),
  data('what the server evaluates on: as in a simulation, or a CSV file [nothing]'),
  ...reading,
  task('without data, and of CSV: classification, regression or next-token'),
  flag('featureShape', '--feature-shape <sizes>', 'without data: of one example, like 28,28', asNumbers),
  flag('classNames', '--class-names <names>', 'without data: the classes, comma-separated', asList),
  flag(
    'classCount',
    '--class-count <n>',
    'without data: how many classes, or tokens of text without --tokens',
    asNumber,
  ),
  seed,
  flag('population', '--population <name>', 'who takes part [default]', asText),
  flag('cohort', '--cohort <n>', 'a round is after so many reports [10]', asNumber),
  flag('overSelection', '--over-selection <x>', 'clients asked for each report [1.3]', asNumber),
  flag(
    'selection',
    '--selection <how>',
    'uniform, availability, power-of-choice or attribute [uniform]',
    asText,
  ),
  flag('where', '--where <attributes>', 'only clients that have them, like region=eu,tier=1', asWhere),
  flag('balance', '--balance <attribute>', 'equally many clients of each of its values', asText),
  flag(
    'candidateCount',
    '--candidate-count <n>',
    'power-of-choice: clients drawn [twice the cohort]',
    asNumber,
  ),
  flag('poolSize', '--pool-size <n>', 'wait for so many before the draw [those asked]', asNumber),
  flag('selectionMs', '--selection-ms <ms>', 'then be content with the minimum [10000]', asNumber),
  flag('deadlineMs', '--deadline-ms <ms>', 'time to report [600000]', asNumber),
  flag('retry', '--retry <ms:ms>', 'waits after failed rounds, first and longest [1000:60000]', asRetry),
  flag('maxRoundsPerWindow', '--max-rounds-per-window <n>', 'of one client [no limit]', asNumber),
  flag('windowMs', '--window-ms <ms>', 'that window [a day]', asNumber),
  flag('minIntervalMs', '--min-interval-ms <ms>', 'from one round of a client to its next [none]', asNumber),
  flag('evaluation', '--evaluation <who>', 'server, clients or none [server where it has data]', asText),
  flag('maxUpdateNorm', '--max-update-norm <x>', 'refuse updates with a larger L2 norm [none]', asNumber),
  flag('deterministic', '--deterministic', 'fold in order of clients: same reports, same bytes', asText),
  ...training,
];

function flag(setting: Flag['setting'], spelling: string, help: string, convert: Convert): Flag {
  return { setting, flag: spelling, help, convert };
}
