/** The clients' data as a server knows it that has none: what examples look like and what is predicted. */
import * as v from 'valibot';
import type { Dataset } from '../data/dataset.js';
import { ConfigError } from '../errors.js';
import { integer, must, text } from './checks.js';
import { refuseBoth, type ValuesOf } from './parse-settings.js';

const TASKS = ['classification', 'regression', 'next-token'] as const;

/** The settings that describe data, in place of `data`. */
export const descriptionEntries = {
  /** Of CSV data too, which is for classification or regression. */
  task: v.picklist(TASKS, must('task', `one of ${TASKS.join(', ')}`)),
  /** Of one example; of text the number of tokens. */
  featureShape: v.pipe(
    v.array(integer('featureShape', 1), must('featureShape', 'a list of sizes')),
    v.minLength(1, must('featureShape', 'a list of sizes')),
    v.readonly(),
  ),
  /** Classes by name, or their number; of text the tokens, where `tokens` and `vocabulary` do not say which they are. */
  classNames: v.pipe(
    v.array(text('classNames'), must('classNames', 'a list of two names or more')),
    v.minLength(2, must('classNames', 'a list of two names or more')),
    v.readonly(),
  ),
  classCount: integer('classCount', 2),
};

/** The settings that describe data, and that of data itself. */
export type DescriptionSettings = Partial<ValuesOf<typeof descriptionEntries>> & {
  readonly data?: string | undefined;
  readonly tokens?: 'chars' | 'words' | undefined;
};

/** What a model has to fit. */
export type DataDescription = Pick<Dataset, 'task' | 'featureShape' | 'classNames'>;

/**
 * Refuses data that is described twice, or not at all.
 *
 * @throws {ConfigError} naming the setting that is missing or one too many.
 */
export function checkDescription(settings: DescriptionSettings): void {
  const { data, task, tokens, classNames, classCount } = settings;
  if (data !== undefined) {
    for (const key of ['featureShape', 'classNames', 'classCount'] as const)
      refuseBoth(settings, 'data', key);
    if (task !== 'next-token') return;
    throw new ConfigError('task must be classification or regression where data is given, got next-token');
  }
  const need = (key: keyof DescriptionSettings) => {
    if (settings[key] !== undefined) return;
    throw new ConfigError(`${key} must be given where data is not, got nothing`);
  };
  need('task');
  need('featureShape');
  refuseBoth(settings, 'classNames', 'classCount');
  if (tokens !== undefined) {
    for (const key of ['classNames', 'classCount'] as const) refuseBoth(settings, 'tokens', key);
    if (task === 'next-token') return;
    throw new ConfigError(`task must be next-token where tokens is given, got ${task}`);
  }
  const classes = classNames?.length ?? classCount;
  if (task === 'regression' && classes !== undefined) {
    throw new ConfigError(`classCount must be left out for regression, got ${classes}`);
  }
  if (task !== 'regression' && !classNames) need('classCount');
}

/**
 * The data that settings describe; undefined where they name data, which describes itself.
 *
 * @param tokenNames those of the vocabulary, where `tokens` says which it is
 */
export function describedData(
  settings: DescriptionSettings,
  tokenNames?: readonly string[],
): DataDescription | undefined {
  const { task, featureShape, classNames, classCount = 0 } = settings;
  if (!task || !featureShape) return undefined;
  return {
    task,
    featureShape,
    classNames: tokenNames ?? classNames ?? Array.from({ length: classCount }, (_, index) => String(index)),
  };
}
