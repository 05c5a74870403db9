/** What a simulation can be told: names, defaults and ranges, checked once, here. */
import * as v from 'valibot';
import type { Progress } from '../round/stopping.js';
import type { Schedule } from '../strategy/schedule.js';
import { integer, must, number, text } from './checks.js';
import { dataEntries, isShakespeare, textModel } from './data-entries.js';
import { refuseBoth, settingsParser, type ValuesOf } from './parse-settings.js';
import { runDefaults, runEntries } from './run-entries.js';

const trainerModule = v.strictObject(
  { module: text('trainer.module'), options: v.exactOptional(v.unknown()) },
  must('trainer', '{ module, options? }'),
);

const localParams = v.union(
  [v.literal('batch-normalization'), v.pipe(v.array(text('localParams')), v.minLength(1), v.readonly())],
  must('localParams', '"batch-normalization" or a list of names of parameters'),
);

const entries = {
  ...dataEntries,
  ...runEntries,
  partition: text('partition'),
  clients: integer('clients', 1),
  samplingRate: number('samplingRate', 'above 0 and at most 1', (value) => value > 0 && value <= 1),
  /** A trainer of the user's own, which takes the place of the model: a module whose default export creates it. */
  trainer: trainerModule,
  /** What stays with each client: all batch normalisations (FedBN), or parameters by name (`*`: any text). */
  localParams,
  /** Ends the run when it returns true. */
  stopWhen: v.custom<(progress: Progress) => boolean>(
    (value) => typeof value === 'function',
    must('stopWhen', 'a function of the progress'),
  ),
  threads: integer('threads', 1, 256),
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
  /** The folder in which runs are kept. */
  out: text('out'),
};

type Values = ValuesOf<typeof entries>;

/** The settings of a simulation. Everything has a default. */
export type SimulationOptions = Partial<Values>;

const defaults = {
  data: 'digits',
  partition: 'dirichlet:0.3',
  ...runDefaults,
  compare: [],
  out: 'runs',
} as const satisfies SimulationOptions;

/** The settings that have a default, filled in. */
export type ResolvedOptions = SimulationOptions &
  Pick<Values, keyof typeof defaults> & {
    readonly learningRate: Schedule;
    readonly localEpochs?: Schedule;
    readonly localSteps?: Schedule;
  };

/** The names of all settings. */
export const optionNames: readonly string[] = Object.freeze(Object.keys(entries));

const DEFAULT_CLIENTS = 10;
/** Of text, where clients are many and each model is large. */
const ISOLATED_CLIENTS = 20;

const parse = settingsParser(entries);

/**
 * Checks settings from outside and fills in the defaults.
 *
 * @throws {ConfigError} naming the first setting that is unknown, out of range, or at odds with another.
 */
export function parseOptions(settings: unknown): ResolvedOptions {
  const given = parse(settings);
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
function textDefaults(given: SimulationOptions): SimulationOptions {
  const model = textModel(given);
  if (!model) return {};
  const owned = isShakespeare(given.data) || given.groupBy !== undefined;
  return {
    partition: owned ? 'natural' : 'iid',
    model,
    isolatedClients: ISOLATED_CLIENTS,
  };
}
