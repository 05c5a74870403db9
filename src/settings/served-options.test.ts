/** Tests of the settings of a run on a server, and of the plan that they make. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { describedData } from './described-data.js';
import { parseServedOptions, type ServedRunOptions } from './served-options.js';
import { participationLimitsOf, planServed } from './served-plan.js';

/** What a server without data has to be told. */
const digits = { task: 'classification', featureShape: [28, 28], classCount: 10 } as const;
const parse = (settings: ServedRunOptions = {}) => parseServedOptions({ ...digits, ...settings });

describe('parseServedOptions', () => {
  it('fills in the defaults', () => {
    expect(parse()).toEqual({
      ...digits,
      model: '2nn',
      title: '2nn',
      description: '',
      population: 'default',
      selection: 'uniform',
      strategy: 'fedavg',
      reports: 'params',
      rounds: 20,
      batchSize: 10,
      learningRate: 0.1,
      seed: 1,
      cohort: 10,
      overSelection: 1.3,
      selectionMs: 10_000,
      deadlineMs: 600_000,
      retry: { initialMs: 1000, maxMs: 60_000, factor: 2 },
      deterministic: false,
    });
  });

  it('takes what is given', () => {
    const given = {
      description: 'Handwritten digits.',
      population: 'phones-2',
      cohort: 3,
      minimumClients: 2,
      overSelection: 2,
      deadlineMs: 500,
      maxUpdateNorm: 4,
      minIntervalMs: 60_000,
    };
    expect(parse(given)).toMatchObject(given);
  });

  it.each<[ServedRunOptions, object]>([
    [{ name: 'spring' }, { title: 'spring' }],
    [{ name: 'spring', title: 'Spring' }, { title: 'Spring' }],
    [{ where: { region: 'eu' } }, { selection: 'attribute' }],
    [{ balance: 'region' }, { selection: 'attribute' }],
    [{ deterministic: true }, { overSelection: 1 }],
    [{ maxRoundsPerWindow: 3 }, { windowMs: 86_400_000 }],
    [{ retry: { initialMs: 1, maxMs: 9 } }, { retry: { initialMs: 1, maxMs: 9, factor: 2 } }],
    [
      { task: 'next-token', featureShape: [80] },
      { model: 'char-lstm', title: 'char-lstm' },
    ],
  ])('sees from %j what else must hold', (settings, expected) => {
    expect(parse(settings)).toMatchObject(expected);
  });

  it('is read from its own outcome, as a server that starts again does', () => {
    const settings: ServedRunOptions[] = [
      { where: { region: ['eu', 'us'] }, maxRoundsPerWindow: 2, localEpochs: 3 },
      { deterministic: true, learningRate: { type: 'decay', initial: 1, factor: 0.5 } },
      { selection: 'power-of-choice', candidateCount: 30 },
    ];
    for (const options of settings.map(parse)) {
      expect(parseServedOptions(JSON.parse(JSON.stringify(options)))).toEqual(options);
    }
  });

  it.each<[unknown, string]>([
    [{ clients: 3 }, 'got "clients"'],
    [{ trainer: { module: 'mine.ts' } }, 'got "trainer"'],
    [
      { learningRate: () => 1 },
      'learningRate must be a number or a schedule where a server runs it, got a function',
    ],
    [{ title: '' }, 'title must be text, got ""'],
    [{ population: '../all' }, 'population must be of letters, digits, ".", "_" and "-", got "../all"'],
    [
      { selection: 'best' },
      'selection must be one of uniform, availability, power-of-choice, attribute, got "best"',
    ],
    [{ where: 'eu' }, 'where must be texts by attribute, got "eu"'],
    [
      { where: { constructor: 'x' } },
      'where must be without attributes named __proto__, prototype, constructor',
    ],
    [{ where: { tier: 2 } }, 'where must be a text, or a list of some, for each attribute, got 2'],
    [{ where: { tier: [] } }, 'where must be a text, or a list of some, for each attribute, got []'],
    [
      { where: { region: 'eu' }, selection: 'uniform' },
      'where must be left out where selection is uniform, got both',
    ],
    [{ candidateCount: 20 }, 'candidateCount must be left out where selection is uniform, got both'],
    [
      { candidateCount: 20, balance: 'region' },
      'candidateCount must be left out where selection is attribute, got both',
    ],
    [{ overSelection: 0.9 }, 'overSelection must be 1 or more, got 0.9'],
    [{ deadlineMs: 0 }, 'deadlineMs must be an integer from 1 to 2147483647, got 0'],
    [{ deadlineMs: 2 ** 31 }, 'deadlineMs must be an integer from 1 to 2147483647, got 2147483648'],
    [{ retry: { initialMs: 1 } }, 'retry must be { initialMs, maxMs, factor? }'],
    [{ retry: { initialMs: 1, maxMs: 2, factor: 0.5 } }, 'retry.factor must be 1 or more, got 0.5'],
    [{ windowMs: 1000 }, 'maxRoundsPerWindow must be given where windowMs is, got nothing'],
    [{ deterministic: 'yes' }, 'deterministic must be true or false, got "yes"'],
    [{ deterministic: true, overSelection: 1.3 }, 'overSelection must be 1 where the run is deterministic'],
    [{ maxUpdateNorm: 0 }, 'maxUpdateNorm must be a positive finite number, got 0'],
    [{ localEpochs: 1, localSteps: 1 }, 'localSteps must be left out where localEpochs is given, got both'],
  ])('refuses %j', (settings, message) => {
    const read = () => parseServedOptions({ ...digits, ...(settings as object) });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });
});

describe('the data of a run on a server', () => {
  it('is described, with classes by name or by number', () => {
    expect(describedData(parse({ classCount: 3 }))).toEqual({
      task: 'classification',
      featureShape: [28, 28],
      classNames: ['0', '1', '2'],
    });
    const named = { task: 'classification', featureShape: [4], classNames: ['no', 'yes'] } as const;
    expect(describedData(parseServedOptions(named))).toEqual(named);
    const regression = parseServedOptions({ task: 'regression', featureShape: [4] });
    expect(describedData(regression)).toEqual({ task: 'regression', featureShape: [4], classNames: [] });
  });

  it('describes itself where the server has some', () => {
    const run = parseServedOptions({ data: 'sizes.csv', label: 'size', task: 'regression' });
    expect(describedData(run)).toBeUndefined();
    expect(parseServedOptions({ data: 'shakespeare' }).model).toBe('char-lstm');
  });

  it('has the tokens of the vocabulary that is named', () => {
    const run = parseServedOptions({ task: 'next-token', featureShape: [20], tokens: 'words' });
    expect(run.model).toBe('word-cifg');
    expect(describedData(run, ['a', 'b'])?.classNames).toEqual(['a', 'b']);
  });

  it.each<[unknown, string]>([
    [{}, 'task must be given where data is not, got nothing'],
    [{ task: 'classification', classCount: 2 }, 'featureShape must be given where data is not, got nothing'],
    [
      { task: 'classification', featureShape: [4] },
      'classCount must be given where data is not, got nothing',
    ],
    [{ task: 'next-token', featureShape: [80] }, 'classCount must be given where data is not, got nothing'],
    [
      { task: 'next-token', featureShape: [80], tokens: 'chars', classCount: 90 },
      'classCount must be left out where tokens is given, got both',
    ],
    [
      { task: 'classification', featureShape: [80], tokens: 'chars' },
      'task must be next-token where tokens is given, got classification',
    ],
    [{ ...digits, task: 'regression' }, 'classCount must be left out for regression, got 10'],
    [
      { ...digits, classNames: ['a', 'b'] },
      'classCount must be left out where classNames is given, got both',
    ],
    [{ ...digits, classCount: 1 }, 'classCount must be an integer of at least 2, got 1'],
    [{ ...digits, featureShape: [] }, 'featureShape must be a list of sizes, got []'],
    [{ data: 'digits', classCount: 10 }, 'classCount must be left out where data is given, got both'],
    [{ data: 'digits', featureShape: [9] }, 'featureShape must be left out where data is given, got both'],
    [
      { data: 'mail.csv', task: 'next-token' },
      'task must be classification or regression where data is given, got next-token',
    ],
  ])('is refused where it is missing or told twice: %j', (settings, message) => {
    expect(() => parseServedOptions(settings)).toThrow(ConfigError);
    expect(() => parseServedOptions(settings)).toThrow(message);
  });
});

describe('planServed', () => {
  it('makes the plan of a population that comes and goes', () => {
    const run = parse({
      cohort: 5,
      minimumClients: 3,
      poolSize: 40,
      maxSeconds: 60,
      target: { metric: 'accuracy', value: 0.9 },
    });
    const plan = planServed(run, 'classification');
    expect(plan).toMatchObject({
      strategy: { cohort: { cohortSize: 5 }, minimumClients: 3 },
      stop: { rounds: 20, wallMs: 60_000, metric: 'accuracy', target: { metric: 'accuracy', value: 0.9 } },
      seed: 1,
      selection: { type: 'uniform' },
      overSelection: 1.3,
      poolSize: 40,
      selectionMs: 10_000,
      deadlineMs: 600_000,
      retry: { initialMs: 1000, maxMs: 60_000, factor: 2 },
    });
    expect(plan).not.toHaveProperty('population');
  });

  it.each<[ServedRunOptions, object]>([
    [{ selection: 'availability' }, { type: 'availability' }],
    [
      { selection: 'power-of-choice', cohort: 7 },
      { type: 'power-of-choice', candidateCount: 14 },
    ],
    [
      { selection: 'power-of-choice', candidateCount: 9 },
      { type: 'power-of-choice', candidateCount: 9 },
    ],
    [{ where: { region: 'eu' } }, { type: 'attribute', where: { region: 'eu' } }],
    [{ balance: 'region' }, { type: 'attribute', balance: 'region' }],
  ])('chooses by %j', (settings, selection) => {
    expect(planServed(parse(settings), 'classification').selection).toEqual(selection);
  });

  it.each<[ServedRunOptions, string]>([
    [{ cohort: 2, minimumClients: 3 }, 'minimumClients must be at most the size of a cohort, 2, got 3'],
    [
      { target: { metric: 'perplexity', value: 9 } },
      'target must be accuracy, loss for classification, got perplexity',
    ],
  ])('refuses %j', (settings, message) => {
    expect(() => planServed(parse(settings), 'classification')).toThrow(message);
  });
});

describe('participationLimitsOf', () => {
  it.each<[ServedRunOptions, object]>([
    [{}, {}],
    [{ minIntervalMs: 5 }, { minIntervalMs: 5 }],
    [
      { maxRoundsPerWindow: 2, windowMs: 100 },
      { maxRounds: 2, windowMs: 100 },
    ],
  ])('limits each client by %j', (settings, limits) => {
    expect(participationLimitsOf(parse(settings))).toEqual(limits);
  });
});
