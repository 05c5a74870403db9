/** What people type and hand in wrongly: one sentence, the right exit code, and nothing written. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLayout, zeros } from '../../src/params/layout.js';
import { encodeSafetensors } from '../../src/params/safetensors.js';
import { emptyFolder, expectRefusal, runCli } from '../helpers/cli.js';

const SMALL = ['--examples', '100', '--model', 'logistic', '--clients', '4', '--threads', '1'];

/** Files that the cases below hand in, in a folder of their own. */
async function writeInputs(folder: string): Promise<void> {
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
  const layout = (units: number, name = 'dense1.weight') => createLayout([{ name, shape: [784, units] }]);
  const model = encodeSafetensors(zeros(layout(10)));
  await write('short.safetensors', model.subarray(0, 500));
  await write('shape.safetensors', encodeSafetensors(zeros(layout(11))));
  await write('names.safetensors', encodeSafetensors(zeros(layout(10, 'other'))));
  await write('table.csv', 'age,sick\n1,yes\n2,no\n3,yes\n4,no\n');
  await write('ragged.csv', 'age,sick\n1,yes\n2\n');
  await write('broken.csv.gz', gzipSync('age,sick\n1,yes\n').subarray(0, 20));
  await write('throws.config.ts', "throw new Error('no config today');\n");
  await write('number.config.js', 'export default 3;\n');
  await write('unknown.config.json', '{ "clientz": 3 }');
  await write('broken.config.json', '{ "clients": ');
  await mkdir(join(folder, 'mnist'));
  const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3);
  for (const part of ['train', 't10k']) {
    await write(`mnist/${part}-images-idx3-ubyte`, idx);
    await write(`mnist/${part}-labels-idx1-ubyte`, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5));
  }
}

let inputs = '';
beforeAll(async () => {
  inputs = await emptyFolder();
  await writeInputs(inputs);
});

describe('simulate refuses', () => {
  it.concurrent.each<[string, readonly string[], 1 | 2, string | RegExp]>([
    ['an unknown command', ['simulat'], 2, "unknown command 'simulat'"],
    ['an unknown flag', ['--clientz', '3'], 2, "unknown option '--clientz' (Did you mean --clients?)"],
    ['a flag without its value', ['--clients'], 2, "option '--clients <n>' argument missing"],
    ['a stray word', ['digits'], 2, "too many arguments for 'simulate'"],
    ['an unknown data set', ['--data', 'cifar'], 2, /data must be digits, .* got "cifar"/],
    ['an unknown model', ['--model', 'gpt'], 2, /model must be one of logistic, mlp, .* got "gpt"/],
    ['a model of a prototype', ['--model', 'toString'], 2, 'got "toString"'],
    [
      'to keep what no layer is called',
      ['--local-params', 'batchNorm*'],
      2,
      'localParams must match parameters (dense1.weight, dense1.bias), "batchNorm*" matches none',
    ],
    [
      'to keep normalisations of a model without',
      ['--local-params', 'batch-normalization'],
      2,
      'localParams must choose some parameters of logistic, got none',
    ],
    ['an unknown strategy', ['--strategy', 'best'], 2, 'strategy must be fedavg, got "best"'],
    ['an unknown partition', ['--partition', 'fair'], 2, /partition must be one like .* got "fair"/],
    ['an unknown class in a partition', ['--partition', 'labels:0/x', '--clients', '2'], 2, '"x"'],
    ['more clients than examples', ['--clients', '101', '--partition', 'iid'], 2, /clients .* got 101/],
    ['no clients', ['--clients', '0'], 2, 'clients must be an integer of at least 1, got 0'],
    ['half a client', ['--clients', '2.5'], 2, 'clients must be an integer of at least 1, got 2.5'],
    [
      'a sampling rate of 0',
      ['--sampling-rate', '0'],
      2,
      'samplingRate must be above 0 and at most 1, got 0',
    ],
    [
      'a sampling rate above 1',
      ['--sampling-rate', '1.5'],
      2,
      'samplingRate must be above 0 and at most 1, got 1.5',
    ],
    [
      'a sampling rate in letters',
      ['--sampling-rate', 'abc'],
      2,
      'samplingRate must be above 0 and at most 1, got "abc"',
    ],
    [
      'a cohort larger than the population',
      ['--cohort', '5'],
      2,
      'cohortSize must be an integer from 1 to the number of clients, 4, got 5',
    ],
    [
      'a cohort and a rate',
      ['--cohort', '2', '--sampling-rate', '0.5'],
      2,
      'cohort must be left out where samplingRate is given, got both',
    ],
    [
      'epochs and steps',
      ['--local-epochs', '1', '--local-steps', '1'],
      2,
      'localSteps must be left out where localEpochs is given, got both',
    ],
    [
      'a minimum above the cohort',
      ['--minimum-clients', '5'],
      2,
      'minimumClients must be at most the size of a cohort, 4, got 5',
    ],
    ['an empty batch', ['--batch-size', '0'], 2, 'batchSize must be an integer of at least 1, got 0'],
    [
      'a learning rate of 0',
      ['--learning-rate', '0'],
      2,
      'learningRate must be a positive finite number, got 0',
    ],
    [
      'a target without a value',
      ['--target', 'accuracy'],
      2,
      'target must be like accuracy=0.97, got "accuracy"',
    ],
    [
      'a target that is no metric',
      ['--target', 'beauty=1'],
      2,
      'target must be one of accuracy, top3Recall, perplexity, loss, meanAbsoluteError, got "beauty"',
    ],
    [
      'a target that is no number',
      ['--target', 'accuracy=high'],
      2,
      'target must be a finite number, got "high"',
    ],
    [
      'a target of another task',
      ['--target', 'meanAbsoluteError=1'],
      2,
      'target must be accuracy, loss for classification, got meanAbsoluteError',
    ],
    [
      'a plateau of words',
      ['--plateau', 'soon'],
      2,
      'plateau.patience must be an integer of at least 1, got "soon"',
    ],
    ['tokens of another kind', ['--tokens', 'lines'], 2, 'tokens must be chars or words, got "lines"'],
    ['no evaluation', ['--evaluate-every', '0'], 2, 'evaluateEvery must be an integer of at least 1, got 0'],
    ['a long n-gram', ['--ngram-order', '9'], 2, 'ngramOrder must be an integer from 1 to 6, got 9'],
    [
      'n-grams of no text',
      ['--compare', 'ngram'],
      2,
      'compare may hold ngram for next-token only, got it for classification',
    ],
    ['an unknown baseline', ['--compare', 'all'], 2, 'compare must be central, isolated or ngram, got "all"'],
    ['an unknown engine', ['--engine', 'gpu'], 2, 'engine must be native or wasm, got "gpu"'],
    ['no threads', ['--threads', '0'], 2, 'threads must be an integer from 1 to 256, got 0'],
    [
      'a run name with a path',
      ['--name', '../up'],
      2,
      'name must be of letters, digits, ".", "_" and "-", got "../up"',
    ],
    ['a negative seed', ['--seed', '-1'], 2, 'seed must be an integer of at least 0, got -1'],
    ['a data file that is not there', ['--data', 'nowhere.csv', '--label', 'x'], 1, 'nowhere.csv'],
    [
      'a CSV file without --label',
      ['--data', 'table.csv'],
      2,
      'label must name the column of table.csv to predict, or tokens what its text is cut into, got neither',
    ],
    ['an unknown label column', ['--data', 'table.csv', '--label', 'ill'], 2, /label must .* got "ill"/],
    [
      'an unknown feature column',
      ['--data', 'table.csv', '--label', 'sick', '--features', 'size'],
      2,
      /features must .* got "size"/,
    ],
    ['a row that is too short', ['--data', 'ragged.csv', '--label', 'sick'], 1, /ragged\.csv .*line 3/],
    ['a truncated gzip file', ['--data', 'broken.csv.gz', '--label', 'sick'], 1, 'broken.csv.gz'],
    ['a truncated image file', ['--data', 'mnist', '--data-dir', '.'], 1, 'train-images-idx3-ubyte'],
    [
      'a convolution over a table',
      ['--data', 'table.csv', '--label', 'sick', '--model', 'cnn', '--clients', '2', '--partition', 'iid'],
      1,
      'cnn must have examples of [channels, height, width]',
    ],
    [
      'a checkpoint that is not there',
      ['--init', 'nowhere.safetensors'],
      2,
      'init must be a safetensors file that can be read, got nowhere.safetensors',
    ],
    ['a truncated checkpoint', ['--init', 'short.safetensors'], 1, 'init must be a safetensors file: '],
    [
      'a checkpoint of other shapes',
      ['--init', 'shape.safetensors'],
      1,
      'init must have "dense1.weight" [784, 10], got "dense1.weight" [784, 11]',
    ],
    [
      'a checkpoint of other names',
      ['--init', 'names.safetensors'],
      1,
      'init must have "dense1.weight" [784, 10], got no parameter of that name',
    ],
    [
      'a trainer that is not there',
      ['--trainer', 'nowhere.ts'],
      2,
      'trainer.module must be a module that loads, got nowhere.ts',
    ],
    [
      'a configuration that is not there',
      ['--config', 'nowhere.ts'],
      2,
      'config must be a module that loads, got nowhere.ts',
    ],
    [
      'a configuration that throws',
      ['--config', 'throws.config.ts'],
      2,
      'got throws.config.ts: no config today',
    ],
    [
      'a configuration that is no object',
      ['--config', 'number.config.js'],
      2,
      'config must hold an object of settings, got number.config.js',
    ],
    ['an unknown setting', ['--config', 'unknown.config.json'], 2, /settings must be among .* got "clientz"/],
    [
      'a broken JSON configuration',
      ['--config', 'broken.config.json'],
      2,
      'config must be a module that loads, got broken.config.json',
    ],
  ])('%s', async (_, args, exitCode, sentence) => {
    const cwd = await emptyFolder();
    await cp(inputs, cwd, { recursive: true });
    const before = await readdir(cwd);
    const command = args[0] === 'simulat' ? args : ['simulate', ...SMALL, ...args];
    expectRefusal(await runCli(command, { cwd }), exitCode, sentence);
    expect(await readdir(cwd)).toEqual(before);
  });

  it('a name that is taken, and leaves that run alone', async () => {
    const cwd = await emptyFolder();
    const args = ['simulate', ...SMALL, '--rounds', '1', '--name', 'taken', '--json'];
    await runCli(args, { cwd });
    const log = await readFile(join(cwd, 'runs/taken/events.jsonl'));
    expectRefusal(await runCli(args, { cwd }), 1, /taken must be new or empty/);
    expect(await readFile(join(cwd, 'runs/taken/events.jsonl'))).toEqual(log);
  });

  it('an --out that is a file', async () => {
    const cwd = await emptyFolder();
    await writeFile(join(cwd, 'file'), '');
    expectRefusal(await runCli(['simulate', ...SMALL, '--out', 'file'], { cwd }), 1, 'a file is in the way');
  });
});

describe('--verbose', () => {
  it('shows where an error came from', async () => {
    const cwd = await emptyFolder();
    const { code, stderr } = await runCli(['simulate', '--clients', '0', '--verbose'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ {4}at /m);
  });
});
