/** What a simulation can be told: names, defaults and ranges, checked once, here. */
import * as v from 'valibot';
import { ConfigError } from '../errors.js';
import type { Progress } from '../round/stopping.js';
import type { Schedule } from '../strategy/schedule.js';

const OPTIMIZERS = ['sgd', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'] as const;
const METRICS = ['accuracy', 'top3Recall', 'perplexity', 'loss', 'meanAbsoluteError'] as const;

/** An error sentence in the house's form for whatever valibot finds wrong. */
const must = (name: string, expected: string) => (issue: { input: unknown }) =>
  `${name} must be ${expected}, got ${show(issue.input)}`;

function show(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (typeof input === 'number' || typeof input === 'function') return String(input);
  return JSON.stringify(input) ?? String(input);
}

function integer(name: string, low: number, high = Number.MAX_SAFE_INTEGER) {
  const expected =
    high === Number.MAX_SAFE_INTEGER ? `an integer of at least ${low}` : `an integer from ${low} to ${high}`;
  const message = must(name, expected);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isSafeInteger(value) && value >= low && value <= high, message),
  );
}

function number(name: string, expected: string, fits: (value: number) => boolean) {
  const message = must(name, expected);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isFinite(value) && fits(value), message),
  );
}

const text = (name: string) => v.pipe(v.string(must(name, 'text')), v.nonEmpty(must(name, 'text')));
const positive = (name: string) => number(name, 'a positive finite number', (value) => value > 0);

function schedule(name: string) {
  const message = must(name, 'a positive number, a schedule or a function of the round');
  return v.union(
    [
      positive(name),
      v.strictObject({
        type: v.literal('decay'),
        initial: positive(name),
        factor: positive(name),
        every: v.exactOptional(integer(`${name}.every`, 1)),
      }),
      v.strictObject({
        type: v.literal('steps'),
        values: v.pipe(
          v.array(v.pipe(v.tuple([integer(name, 1), positive(name)]), v.readonly())),
          v.minLength(1, message),
          v.readonly(),
        ),
      }),
      v.custom<(round: number) => number>((value) => typeof value === 'function'),
    ],
    message,
  );
}

const batchSize = v.union(
  [v.literal('full'), integer('batchSize', 1)],
  must('batchSize', 'a positive integer or "full"'),
);

const trainerModule = v.strictObject(
  { module: text('trainer.module'), options: v.exactOptional(v.unknown()) },
  must('trainer', '{ module, options? }'),
);

const localParams = v.union(
  [v.literal('batch-normalization'), v.pipe(v.array(text('localParams')), v.minLength(1), v.readonly())],
  must('localParams', '"batch-normalization" or a list of names of parameters'),
);

const target = v.strictObject(
  {
    metric: v.picklist(METRICS, must('target', `one of ${METRICS.join(', ')}`)),
    value: number('target', 'a finite number', () => true),
  },
  must('target', '{ metric, value }'),
);

const entries = {
  /** A name of `DATASET_NAMES`, or the path of a CSV file. */
  data: text('data'),
  dataDir: text('dataDir'),
  /** CSV: the column to predict, the column that names each example's owner, and the columns to use. */
  label: text('label'),
  groupBy: text('groupBy'),
  features: v.pipe(v.array(text('features'), must('features', 'a list of column names')), v.readonly()),
  task: v.picklist(['classification', 'regression'], must('task', 'classification or regression')),
  /** Text: what it is cut into; of CSV files also the column that holds it. */
  tokens: v.picklist(['chars', 'words'], must('tokens', 'chars or words')),
  text: text('text'),
  /** Text: tokens an example. */
  sequenceLength: integer('sequenceLength', 1, 4096),
  /** Words: the path of a file with one a line, or `hashed:4096` for so many buckets in place of a list. */
  vocabulary: text('vocabulary'),
  /** `digits`: how many training examples to draw; a fifth as many test examples. */
  examples: integer('examples', 10, 10_000_000),
  partition: text('partition'),
  clients: integer('clients', 1),
  heldOutFraction: number('heldOutFraction', 'above 0 and below 1', (value) => value > 0 && value < 1),
  samplingRate: number('samplingRate', 'above 0 and at most 1', (value) => value > 0 && value <= 1),
  cohort: integer('cohort', 1),
  minimumClients: integer('minimumClients', 1),
  /** One of `modelNames`, or the path of an `.onnx` file. */
  model: text('model'),
  /** A trainer of the user's own, which takes the place of the model: a module whose default export creates it. */
  trainer: trainerModule,
  /** A safetensors file to start from. */
  init: text('init'),
  strategy: v.picklist(['fedavg'], must('strategy', 'fedavg')),
  /** What stays with each client: all batch normalisations (FedBN), or parameters by name (`*`: any text). */
  localParams,
  reports: v.picklist(['params', 'update'], must('reports', 'params or update')),
  serverLearningRate: positive('serverLearningRate'),
  rounds: integer('rounds', 0),
  /** Rounds from one evaluation to the next; the last round is always evaluated. */
  evaluateEvery: integer('evaluateEvery', 1),
  target,
  plateau: v.strictObject(
    {
      patience: integer('plateau.patience', 1),
      minChange: number('plateau.minChange', '0 or more', (value) => value >= 0),
    },
    must('plateau', '{ patience, minChange }'),
  ),
  maxSeconds: positive('maxSeconds'),
  /** Ends the run when it returns true. */
  stopWhen: v.custom<(progress: Progress) => boolean>(
    (value) => typeof value === 'function',
    must('stopWhen', 'a function of the progress'),
  ),
  localEpochs: schedule('localEpochs'),
  localSteps: schedule('localSteps'),
  batchSize,
  learningRate: schedule('learningRate'),
  /** Of the clients; `nesterov` is SGD with Nesterov's momentum. */
  optimizer: v.picklist(OPTIMIZERS, must('optimizer', `one of ${OPTIMIZERS.join(', ')}`)),
  gradientClippingNorm: positive('gradientClippingNorm'),
  momentum: number('momentum', 'from 0 to below 1', (value) => value >= 0 && value < 1),
  weightDecay: number('weightDecay', '0 or more', (value) => value >= 0),
  seed: integer('seed', 0),
  threads: integer('threads', 1, 256),
  engine: v.picklist(['native', 'wasm'], must('engine', 'native or wasm')),
  compare: v.pipe(
    v.array(
      v.picklist(['central', 'isolated', 'ngram'], must('compare', 'central, isolated or ngram')),
      must('compare', 'a list of central, isolated and ngram'),
    ),
    v.readonly(),
  ),
  /** How many clients, drawn by the seed, train alone where `isolated` is compared; default all, of text 20. */
  isolatedClients: integer('isolatedClients', 1),
  /** Tokens that the n-gram baseline looks at; default 3. */
  ngramOrder: integer('ngramOrder', 1, 6),
  /** The folder in which runs are kept, and this run's name in it. */
  out: text('out'),
  name: v.pipe(text('name'), v.regex(/^[\w.-]+$/, must('name', 'of letters, digits, ".", "_" and "-"'))),
};

type Entries = typeof entries;
type Values = { readonly [Key in keyof Entries]: v.InferOutput<Entries[Key]> };

/** The settings of a simulation. Everything has a default. */
export type SimulationOptions = Partial<Values>;

/** The settings that have a default, filled in. */
export type ResolvedOptions = SimulationOptions &
  Pick<
    Values,
    | 'data'
    | 'partition'
    | 'model'
    | 'strategy'
    | 'reports'
    | 'rounds'
    | 'batchSize'
    | 'seed'
    | 'compare'
    | 'out'
  > & { readonly learningRate: Schedule; readonly localEpochs?: Schedule; readonly localSteps?: Schedule };

/** The names of all settings. */
export const optionNames: readonly string[] = Object.freeze(Object.keys(entries));

const defaults = {
  data: 'digits',
  partition: 'dirichlet:0.3',
  model: '2nn',
  strategy: 'fedavg',
  reports: 'params',
  rounds: 20,
  batchSize: 10,
  learningRate: 0.1,
  seed: 1,
  compare: [],
  out: 'runs',
} as const satisfies SimulationOptions;

const DEFAULT_CLIENTS = 10;
/** Of text, where clients are many and each model is large. */
const ISOLATED_CLIENTS = 20;

const schema = v.strictObject(
  mapEntries(entries),
  (issue) =>
    `settings must be among ${optionNames.join(', ')}, got "${issue.path?.at(-1)?.key ?? issue.received}"`,
);

function mapEntries(all: Entries) {
  const optional = Object.entries(all).map(([key, entry]) => [key, v.optional(entry as v.GenericSchema)]);
  return Object.fromEntries(optional) as Record<string, v.OptionalSchema<v.GenericSchema, undefined>>;
}

/**
 * Checks settings from outside and fills in the defaults.
 *
 * @throws {ConfigError} naming the first setting that is unknown, out of range, or at odds with another.
 */
export function parseOptions(settings: unknown): ResolvedOptions {
  const parsed = v.safeParse(schema, settings, { abortEarly: true });
  if (!parsed.success) throw new ConfigError(parsed.issues[0].message);
  const given = Object.fromEntries(
    Object.entries(parsed.output).filter(([, value]) => value !== undefined),
  ) as SimulationOptions;
  refuseBoth(given, 'samplingRate', 'cohort');
  refuseBoth(given, 'localEpochs', 'localSteps');
  const base = { ...defaults, ...textDefaults(given) };
  const partition = given.partition ?? base.partition;
  const natural = partition.startsWith('natural');
  const grouped = /^(labels|without):/.test(partition);
  const clients = natural || grouped ? {} : { clients: DEFAULT_CLIENTS };
  return { ...base, ...clients, ...given };
}

/** Text has owners of its own, and needs models of its own. */
function textDefaults({ data = '', tokens, groupBy }: SimulationOptions): SimulationOptions {
  const shakespeare = data === 'shakespeare' || data === 'shakespeare-words';
  if (!shakespeare && tokens === undefined) return {};
  const words = data === 'shakespeare-words' || tokens === 'words';
  const owned = shakespeare || groupBy !== undefined;
  return {
    partition: owned ? 'natural' : 'iid',
    model: words ? 'word-cifg' : 'char-lstm',
    isolatedClients: ISOLATED_CLIENTS,
  };
}

function refuseBoth(
  given: SimulationOptions,
  one: keyof SimulationOptions,
  other: keyof SimulationOptions,
): void {
  if (given[one] === undefined || given[other] === undefined) return;
  throw new ConfigError(`${other} must be left out where ${one} is given, got both`);
}
