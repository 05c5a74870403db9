/**
 * What a run on a server can be told: that of any run, whom it asks, how long it waits. Plain data, so that it goes
 * over the control API; files that it names are the server's.
 */
import * as v from 'valibot';
import { ConfigError } from '../errors.js';
import type { Schedule } from '../strategy/schedule.js';
import { integer, must, name, number, positive, text } from './checks.js';
import { dataEntries, textModel } from './data-entries.js';
import { checkDescription, descriptionEntries } from './described-data.js';
import { refuseBoth, settingsParser, type ValuesOf } from './parse-settings.js';
import { runDefaults, runEntries } from './run-entries.js';

const EVALUATIONS = ['server', 'clients', 'none'] as const;
const SELECTIONS = ['uniform', 'availability', 'power-of-choice', 'attribute'] as const;

/** A timer that is set to more goes off at once. */
const LONGEST_MS = 2 ** 31 - 1;
const milliseconds = (of: string, low: number) => integer(of, low, LONGEST_MS);

/** Valibot leaves them out of records: a condition that went missing would let everyone in. */
const LEFT_OUT = ['__proto__', 'prototype', 'constructor'];

const where = v.pipe(
  v.custom<object>(
    (value) => !LEFT_OUT.some((attribute) => Object.hasOwn(Object(value), attribute)),
    must('where', `without attributes named ${LEFT_OUT.join(', ')}`),
  ),
  v.record(
    v.string(),
    v.union(
      [text('where'), v.pipe(v.array(text('where')), v.minLength(1), v.readonly())],
      must('where', 'a text, or a list of some, for each attribute'),
    ),
    must('where', 'texts by attribute'),
  ),
);

const retry = v.strictObject(
  {
    initialMs: milliseconds('retry.initialMs', 0),
    maxMs: milliseconds('retry.maxMs', 0),
    factor: v.exactOptional(number('retry.factor', '1 or more', (value) => value >= 1)),
  },
  must('retry', '{ initialMs, maxMs, factor? }'),
);

const entries = {
  ...dataEntries,
  ...runEntries,
  ...descriptionEntries,
  /** For people who are asked to take part. */
  title: text('title'),
  description: v.string(must('description', 'text')),
  /** Which of the server's populations takes part. */
  population: name('population'),
  /** How those are chosen who are available; `attribute` where `where` or `balance` is given, else `uniform`. */
  selection: v.picklist(SELECTIONS, must('selection', `one of ${SELECTIONS.join(', ')}`)),
  /** `attribute`: the value, or one of the values, that a client must have of each. */
  where,
  /** `attribute`: the one whose values are to have equally many clients. */
  balance: text('balance'),
  /** `power-of-choice`: so many are drawn, of whom those with the highest loss are asked; default twice the cohort. */
  candidateCount: integer('candidateCount', 1),
  /** How many are asked for each one that must report. */
  overSelection: number('overSelection', '1 or more', (value) => value >= 1),
  /** The draw waits for so many; default: as many as are asked. */
  poolSize: integer('poolSize', 1),
  /** How long it waits before it is content with `minimumClients`. */
  selectionMs: milliseconds('selectionMs', 0),
  /** From the start of a round until those who have not reported count as failed. */
  deadlineMs: milliseconds('deadlineMs', 1),
  /** The wait after a failed round, `factor` (default 2) times as long after each further one. */
  retry,
  /** Of one client: so many rounds in a window, and so long from one to the next. */
  maxRoundsPerWindow: integer('maxRoundsPerWindow', 1),
  windowMs: integer('windowMs', 1),
  minIntervalMs: integer('minIntervalMs', 1),
  /** Folds updates in the order of client numbers: the same reports give the same bytes. Takes memory for those that wait. */
  deterministic: v.boolean(must('deterministic', 'true or false')),
  /** Who evaluates rounds: default the server where it has `data`, else clients on what they hold out. */
  evaluation: v.picklist(EVALUATIONS, must('evaluation', `one of ${EVALUATIONS.join(', ')}`)),
  /** Updates with a larger L2 norm (of parameters: of what has changed) are refused. */
  maxUpdateNorm: positive('maxUpdateNorm'),
};

type Values = ValuesOf<typeof entries>;

/** The settings of a run on a server. */
export type ServedRunOptions = Partial<Values>;

const DEFAULT_RETRY = { initialMs: 1000, maxMs: 60_000, factor: 2 };
const DEFAULT_WINDOW_MS = 86_400_000;
/** Bonawitz et al. 2019, "Towards federated learning at scale: system design" (arXiv 1902.01046). */
const DEFAULT_OVER_SELECTION = 1.3;

const defaults = {
  ...runDefaults,
  description: '',
  population: 'default',
  selection: 'uniform',
  cohort: 10,
  overSelection: DEFAULT_OVER_SELECTION,
  selectionMs: 10_000,
  deadlineMs: 600_000,
  deterministic: false,
} as const satisfies ServedRunOptions;

/** The settings of a run on a server, its defaults filled in. */
export type ServedRun = ServedRunOptions &
  Pick<Values, keyof typeof defaults | 'title'> & {
    readonly learningRate: Schedule;
    readonly localEpochs?: Schedule;
    readonly localSteps?: Schedule;
    readonly retry: typeof DEFAULT_RETRY;
  };

/** The names of all settings of a run on a server. */
export const servedOptionNames: readonly string[] = Object.freeze(Object.keys(entries));

const parse = settingsParser(entries);

/**
 * Checks settings from outside and fills in the defaults.
 *
 * @throws {ConfigError} naming the first setting that is unknown, out of range, missing, or at odds with another.
 */
export function parseServedOptions(settings: unknown): ServedRun {
  const given = parse(settings);
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== 'function') continue;
    throw new ConfigError(`${key} must be a number or a schedule where a server runs it, got a function`);
  }
  refuseBoth(given, 'localEpochs', 'localSteps');
  checkDescription(given);
  const run = { ...defaults, ...conditionalDefaults(given), ...given };
  refuseMisplaced(run);
  checkCounts(run);
  return { ...run, retry: { ...DEFAULT_RETRY, ...given.retry } };
}

/** Defaults that depend on what else is given. */
function conditionalDefaults(given: ServedRunOptions) {
  const model = textModel(given) ?? defaults.model;
  return {
    model,
    title: given.name ?? given.model ?? model,
    ...(given.where || given.balance !== undefined ? { selection: 'attribute' as const } : {}),
    ...(given.deterministic ? { overSelection: 1 } : {}),
    ...(given.maxRoundsPerWindow === undefined ? {} : { windowMs: DEFAULT_WINDOW_MS }),
  };
}

function refuseMisplaced({ selection, where, balance, candidateCount }: ServedRunOptions): void {
  const others = {
    ...(selection === 'attribute' ? {} : { where, balance }),
    ...(selection === 'power-of-choice' ? {} : { candidateCount }),
  };
  const misplaced = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (misplaced)
    throw new ConfigError(`${misplaced} must be left out where selection is ${selection}, got both`);
}

function checkCounts({ overSelection, deterministic, maxRoundsPerWindow, windowMs }: ServedRunOptions): void {
  if (deterministic && overSelection !== 1) {
    throw new ConfigError(
      `overSelection must be 1 where the run is deterministic: it is up to chance who reports first, got ${overSelection}`,
    );
  }
  if (windowMs !== undefined && maxRoundsPerWindow === undefined) {
    throw new ConfigError('maxRoundsPerWindow must be given where windowMs is, got nothing');
  }
}
