/** Text in, suggestions out: runs that learn the next word, with a trainer that counts pairs of words. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVocabulary } from '../../dist/store/stored-run.js';
import type { RoundFinished, RunEvent, RunStarted } from '../../src/round/run-events.js';
import { emptyFolder, eventsOf, expectRefusal, linesOf, runCli, startCli } from '../helpers/cli.js';

const trainer = fileURLToPath(new URL('../helpers/bigram-trainer.ts', import.meta.url));

/** Ann and bob go on after "the" in different ways, always the same. */
const rows = Array.from({ length: 40 }, (_, index) =>
  index % 2 === 0 ? 'ann,the cat sat on the mat' : 'bob,the dog ran to the door quickly',
);
const words = ['the', 'cat', 'sat', 'on', 'mat', 'dog', 'ran', 'to', 'door'];

let cwd: string;
let events: RunEvent[];
let stdout: string;
const settings = [
  ...['simulate', '--data', 'messages.csv', '--text', 'body', '--group-by', 'author', '--tokens', 'words'],
  ...['--vocabulary', 'words.txt', '--sequence-length', '6', '--trainer', trainer, '--threads', '2'],
];

beforeAll(async () => {
  cwd = await emptyFolder();
  await writeFile(join(cwd, 'messages.csv'), `author,body\n${rows.join('\n')}\n`);
  await writeFile(join(cwd, 'words.txt'), words.join('\n'));
  const more = [
    '--rounds',
    '5',
    '--evaluate-every',
    '2',
    '--compare',
    'central,isolated,ngram',
    '--name',
    'run',
  ];
  const result = await runCli([...settings, ...more], { cwd });
  expect([result.code, result.stderr]).toEqual([0, '']);
  stdout = result.stdout;
  events = await eventsOf(join(cwd, 'runs/run'));
});

describe('a run of the next word', () => {
  it('has a client for each owner, and says how much of the text is in its vocabulary', () => {
    const started = events[0] as RunStarted;
    // "quickly" is no word of the list: 1 of bob's 7 words and so of 13 held-out ones.
    expect(started).toMatchObject({
      task: 'next-token',
      classNames: [],
      vocabularySize: 19,
      featureShape: [6],
    });
    expect(started.coverage).toBeCloseTo(12 / 13, 12);
    expect(started.clients.map(({ name }) => name)).toEqual(['ann', 'bob']);
    expect(started.clients.every(({ labelCounts }) => labelCounts === undefined)).toBe(true);
  });

  it('keeps its vocabulary', async () => {
    const vocabulary = await readVocabulary(join(cwd, 'runs/run'));
    expect(vocabulary.names.slice(vocabulary.firstPredicted)).toEqual(words);
  });

  it("learns both owners' ways, and tells recall and perplexity", () => {
    const rounds = events.filter((event): event is RoundFinished => event.type === 'round-finished');
    expect(rounds.map(({ metrics }) => metrics !== undefined)).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
    const [first, last] = [rounds[0]!.metrics!, rounds[5]!.metrics!];
    // Nothing is known at first: every token is as likely as any.
    expect(first.perplexity).toBeCloseTo(19, 3);
    expect(last.perplexity).toBeLessThan(4);
    // Of 6 words each, the 2 after "the" are four in turn; all others follow from the word before.
    expect(last.accuracy).toBeGreaterThan(0.7);
    expect(last.top3Recall).toBeGreaterThan(last.accuracy!);
    expect(last.tokenCount).toBe(4 * 12);
  });

  it('tests each owner on what it wrote later', () => {
    const evaluated = events.findLast((event) => event.type === 'clients-evaluated');
    expect(evaluated?.clients.map(({ clientId }) => clientId)).toEqual([0, 1]);
    expect(evaluated?.spread.clientCount).toBe(2);
  });

  it('is compared with an n-gram model on the same labels', () => {
    const ngram = events.find((event) => event.type === 'ngram-evaluated');
    // Three words tell who writes, but after the first: cat or dog, each half of the time.
    expect(ngram).toMatchObject({ order: 3, metrics: { tokenCount: 48, top3Recall: 1 } });
    expect(ngram!.metrics.accuracy).toBeCloseTo(11 / 12, 12);
    expect(ngram!.spread).toMatchObject({ clientCount: 2 });
    expect(stdout).toMatch(/3-gram +91\.7%, top-3 recall 100\.0%, perplexity [\d.]+, counted on pooled data/);
  });

  it('evaluates central training in the rounds in which the federation is evaluated', () => {
    const rounds = events.flatMap((event) => (event.type === 'central-evaluated' ? [event.round] : []));
    expect(rounds).toEqual([0, 2, 4, 5]);
  });

  it('has all of it in the report', async () => {
    const report = await readFile(join(cwd, 'runs/run/report.html'), 'utf8');
    for (const text of [
      'Top-1 recall',
      'Top-1 recall per client',
      'Top-3 recall',
      'Perplexity',
      '3-gram model',
      '92.3% of held-out tokens',
    ]) {
      expect(report).toContain(text);
    }
    expect(report).not.toContain('Confusion');
  });

  it('trains few of many clients alone where that is asked for, and says so', async () => {
    const flags = [
      '--rounds',
      '1',
      '--compare',
      'isolated',
      '--isolated-clients',
      '1',
      '--json',
      '--name',
      'few',
    ];
    const { stdout: json, stderr } = await runCli([...settings, ...flags], { cwd });
    expect(stderr).toBe(
      'tessera: isolated training is of 1 of 2 clients, tested on 10 of 10 held-out examples\n',
    );
    expect(json.match(/isolated-evaluated/g)).toHaveLength(1);
  });

  it('has baselines: pooled text, and each owner alone, who knows nothing of the other', () => {
    expect(events.filter(({ type }) => type === 'central-evaluated').length).toBeGreaterThan(1);
    const alone = events.filter((event) => event.type === 'isolated-evaluated');
    expect(alone).toHaveLength(2);
    for (const { metrics, ownMetrics } of alone) {
      expect(ownMetrics!.accuracy).toBeGreaterThan(metrics.accuracy!);
    }
  });

  it('shows recall, perplexity and coverage', () => {
    expect(linesOf(stdout).find((line) => line.includes('round'))).toBeDefined();
    expect(stdout).toMatch(/round +top 1 +top 3 +perplex\. +loss/);
    expect(stdout).toMatch(/top-1 recall after 5 rounds/);
    expect(stdout).toMatch(
      /top-3 recall [\d.]+%, perplexity [\d.]+, on 48, 92\.3% of the held-out text is in/,
    );
  });

  it('can be shown, listed and exported', async () => {
    const shown = await runCli(['runs', 'show', 'run'], { cwd });
    expect(shown.stdout).toMatch(/top 1/);
    const csv = await runCli(['runs', 'export', 'run'], { cwd });
    expect(linesOf(csv.stdout)[0]).toMatch(/top3_recall,perplexity$/);
    expect(linesOf(csv.stdout)).toHaveLength(7);
  });
});

describe('predict', () => {
  beforeAll(async () => {
    const model = settings.filter((word) => word !== '--trainer' && word !== trainer);
    const flags = ['--rounds', '2', '--local-epochs', '4', '--optimizer', 'adam', '--learning-rate', '0.01'];
    const result = await runCli([...model, ...flags, '--name', 'cifg'], { cwd });
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(result.stdout).toMatch(/Suggests after "i": \w+ [\d.]+%, \w+ [\d.]+%, \w+ [\d.]+%/);
  });

  it('names three words and their probabilities', async () => {
    const { code, stdout: text } = await runCli(['predict', 'cifg', '--text', 'the cat'], { cwd });
    expect(code).toBe(0);
    expect(text).toMatch(/^(\w+ [\d.]+% {3}){2}\w+ [\d.]+%\n$/);
    for (const [word] of text.matchAll(/[a-z]+/g)) expect(words).toContain(word);
  });

  it('answers each line of standard input, as JSON where that is asked for', async () => {
    const { child, done } = startCli(['predict', 'runs/cifg', '--json'], { cwd, input: true });
    child.stdin!.end('the\nthe d\n');
    const { code, stdout: text } = await done;
    expect(code).toBe(0);
    const answers = linesOf(text).map((line) => JSON.parse(line));
    expect(answers.map((answer) => answer.text)).toEqual(['the', 'the d']);
    expect(answers[0].suggestions).toHaveLength(3);
    // Only two words begin with d.
    expect(answers[1].suggestions.map((each: { text: string }) => each.text).toSorted()).toEqual([
      'dog',
      'door',
    ]);
    const sum = answers[0].suggestions.reduce(
      (total: number, each: { probability: number }) => total + each.probability,
      0,
    );
    expect(sum).toBeGreaterThan(3 / 9);
    expect(sum).toBeLessThanOrEqual(1);
  });

  it('shows what the model suggests in the report', async () => {
    const report = await readFile(join(cwd, 'runs/cifg/report.html'), 'utf8');
    expect(report).toContain('What the final model suggests');
    expect(report).toContain('thank you');
  });

  it.each([
    ['a run that is not there', ['none'], 1, 'run must be a run in runs or the path of one, got "none"'],
    [
      'a run with a trainer of its own',
      ['run'],
      2,
      'run must have trained a model, got one with a trainer of',
    ],
    ['a file that is not there', ['run', '--typed', 'none.txt'], 1, 'none.txt must be a readable file'],
    ['no run', [], 2, "missing required argument 'run'"],
  ] as const)('refuses %s', async (_, args, code, sentence) => {
    expectRefusal(await runCli(['predict', ...args, '--text', 'the'], { cwd }), code, sentence);
  });

  it('refuses a run of another task', async () => {
    const flags = [
      '--examples',
      '50',
      '--clients',
      '2',
      '--model',
      'logistic',
      '--rounds',
      '1',
      '--name',
      'digits',
    ];
    expect((await runCli(['simulate', '--partition', 'iid', ...flags], { cwd })).code).toBe(0);
    expectRefusal(
      await runCli(['predict', 'digits', '--text', 'the'], { cwd }),
      2,
      'run must be one that predicts the next token, got one of classification',
    );
  });
});

describe('data show', () => {
  it('says who has how much text, and what the vocabulary covers', async () => {
    const flags = settings.slice(1, 13);
    const { code, stdout: text } = await runCli(['data', 'show', ...flags], { cwd });
    expect(code).toBe(0);
    expect(text).toContain('vocabulary of 19 tokens, 92.3% of held-out tokens are in it');
    expect(text).toMatch(/ann +\d+ +\d+/);
  });
});
