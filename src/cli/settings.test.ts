/** Tests of how words on the command line become settings. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { servedOptionNames } from '../settings/served-options.js';
import { optionNames } from '../settings/simulation-options.js';
import { addServedFlags, addSimulationFlags, readConfigFile, settingsOf } from './settings.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-settings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configFile = async (name: string, content: string) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

/** Parses words as `tessera simulate` does. */
const settingsFrom = (...words: string[]) => read(addSimulationFlags(new Command()), words);

/** Parses words as commands of a server do. */
const servedFrom = (...words: string[]) => read(addServedFlags(new Command()), words);

function read(command: Command, words: readonly string[]) {
  command.exitOverride().parse(words, { from: 'user' });
  return settingsOf(command.opts());
}

describe('settingsOf', () => {
  it('has no settings of its own', async () => {
    expect(await settingsFrom()).toEqual({});
  });

  it.each<[string[], object]>([
    [['--clients', '7'], { clients: 7 }],
    [['--clients', 'many'], { clients: 'many' }],
    [['--clients', ''], { clients: '' }],
    [['--data', '7'], { data: '7' }],
    [['--batch-size', 'full'], { batchSize: 'full' }],
    [['--sampling-rate', '0.25'], { samplingRate: 0.25 }],
    [['--held-out', '0.3'], { heldOutFraction: 0.3 }],
    [['--features', 'age, size'], { features: ['age', 'size'] }],
    [['--compare', 'central,isolated'], { compare: ['central', 'isolated'] }],
    [['--local-params', 'batch-normalization'], { localParams: 'batch-normalization' }],
    [['--local-params', 'batchNorm*, *.bias'], { localParams: ['batchNorm*', '*.bias'] }],
    [['--trainer', './mine.ts'], { trainer: { module: './mine.ts' } }],
    [['--target', 'accuracy=0.97'], { target: { metric: 'accuracy', value: 0.97 } }],
    [['--plateau', '5'], { plateau: { patience: 5, minChange: 0 } }],
    [['--plateau', '5:0.001'], { plateau: { patience: 5, minChange: 0.001 } }],
    [['--learning-rate', '0.5'], { learningRate: 0.5 }],
    [['--learning-rate', '0.5*0.99'], { learningRate: { type: 'decay', initial: 0.5, factor: 0.99 } }],
    [
      ['--local-epochs', '1:5,20:1'],
      {
        localEpochs: {
          type: 'steps',
          values: [
            [1, 5],
            [20, 1],
          ],
        },
      },
    ],
  ])('reads %j', async (words, expected) => {
    expect(await settingsFrom(...words)).toEqual(expected);
  });

  it.each([
    [['--target', 'accuracy=1=2'], 'target must be like accuracy=0.97, got "accuracy=1=2"'],
    [['--plateau', '1:2:3'], 'plateau must be like 10 or 10:0.001, got "1:2:3"'],
  ])('refuses %j', async (words, message) => {
    await expect(settingsFrom(...words)).rejects.toThrow(ConfigError);
    await expect(settingsFrom(...words)).rejects.toThrow(message);
  });

  it('has a flag for every setting but a function', async () => {
    const spelledOtherwise: Record<string, string> = { heldOutFraction: 'heldOut' };
    const missing = (command: Command, names: readonly string[]) => {
      const flags = command.options.map((option) => option.attributeName());
      return names.filter((name) => !flags.includes(spelledOtherwise[name] ?? name));
    };
    expect(missing(addSimulationFlags(new Command()), optionNames)).toEqual(['stopWhen']);
    expect(missing(addServedFlags(new Command()), servedOptionNames)).toEqual([]);
  });

  it.each<[string[], object]>([
    [['--title', 'Digits', '--cohort', '5'], { title: 'Digits', cohort: 5 }],
    [['--deterministic'], { deterministic: true }],
    [['--feature-shape', '28, 28'], { featureShape: [28, 28] }],
    [['--class-names', 'no, yes'], { classNames: ['no', 'yes'] }],
    [['--retry', '10:500'], { retry: { initialMs: 10, maxMs: 500 } }],
    [['--retry', '10:500:3'], { retry: { initialMs: 10, maxMs: 500, factor: 3 } }],
    [['--where', 'region=eu, tier=1'], { where: { region: 'eu', tier: '1' } }],
    [['--where', 'region=eu,region=us,region=uk'], { where: { region: ['eu', 'us', 'uk'] } }],
  ])('reads %j for a server', async (words, expected) => {
    expect(await servedFrom(...words)).toStrictEqual(expected);
  });

  it.each([
    [['--where', 'eu'], 'where must be like region=eu,tier=1, got "eu"'],
    [['--where', 'region=eu=us'], 'where must be like region=eu,tier=1, got "region=eu=us"'],
    [['--where', '=eu'], 'where must be like region=eu,tier=1, got "=eu"'],
    [['--retry', '10'], 'retry must be like 1000:60000 or 1000:60000:2, got "10"'],
    [['--retry', '1:2:3:4'], 'retry must be like 1000:60000 or 1000:60000:2, got "1:2:3:4"'],
  ])('refuses %j for a server', async (words, message) => {
    await expect(servedFrom(...words)).rejects.toThrow(new ConfigError(message));
  });

  it('puts flags above the settings of a file', async () => {
    const file = await configFile('a.json', '{ "clients": 3, "seed": 5 }');
    expect(await settingsFrom('--config', file, '--seed', '9')).toEqual({ clients: 3, seed: 9 });
  });

  it.each([
    ['{ "samplingRate": 0.5 }', ['--cohort', '2'], { cohort: 2 }],
    ['{ "cohort": 2 }', ['--sampling-rate', '0.5'], { samplingRate: 0.5 }],
    ['{ "localEpochs": 3 }', ['--local-steps', '7'], { localSteps: 7 }],
  ])('lets a flag take the place of its alternative in %s', async (content, words, expected) => {
    const file = await configFile(`${Object.keys(expected).join()}.json`, content);
    expect(await settingsFrom('--config', file, ...words)).toEqual(expected);
  });
});

describe('settingsOf a server', () => {
  it('lets a flag take the place of its alternative in a file', async () => {
    const file = await configFile('classes.json', '{ "classNames": ["a", "b"], "seed": 2 }');
    expect(await servedFrom('--config', file, '--class-count', '3')).toEqual({ classCount: 3, seed: 2 });
  });
});

describe('readConfigFile', () => {
  it.each([
    ['c.json', '{ "clients": 3 }'],
    ['c.js', 'export default { clients: 3 };'],
    ['c.mjs', 'export default { clients: 3 };'],
    ['c.ts', 'const clients: number = 3;\nexport default { clients } satisfies object;'],
  ])('reads %s', async (name, content) => {
    expect(await readConfigFile(await configFile(name, content))).toEqual({ clients: 3 });
  });

  it.each([
    ['d.json', '[1]'],
    ['d.js', 'export default 3;'],
    ['d.ts', 'export default "clients" as string;'],
  ])('refuses %s, which holds no settings', async (name, content) => {
    const path = await configFile(name, content);
    await expect(readConfigFile(path)).rejects.toThrow(`config must hold an object of settings, got ${path}`);
  });
});
