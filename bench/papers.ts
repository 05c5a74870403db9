/**
 * Rounds to a target accuracy on MNIST, beside McMahan et al. 2017 (arXiv 1602.05629): 100 clients of 600
 * examples, a tenth of them a round. Writes `docs/results.md` with `--write`; `--only <row>` runs one row.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, outputOf, ROOT, tableText } from './child.js';

const SEEDS = [1, 2, 3];
const START = '<!-- papers: written by `npm run bench -- papers --write` -->';
const END = '<!-- /papers -->';

interface Row {
  readonly name: string;
  readonly what: string;
  readonly flags: readonly string[];
  readonly paper: number;
  readonly most: number;
}

const common = ['--data', 'mnist', '--clients', '100', '--sampling-rate', '0.1', '--batch-size', '10'];

const ROWS: readonly Row[] = [
  {
    name: '2nn-iid',
    what: '2NN, IID, E=1, B=10, to 97%',
    flags: ['--model', '2nn', '--partition', 'iid', '--target', 'accuracy=0.97', '--rounds', '200'],
    paper: 87,
    most: 100,
  },
  {
    name: '2nn-shards',
    what: '2NN, 2 shards a client, E=1, B=10, to 97%',
    flags: ['--model', '2nn', '--partition', 'shards:2', '--target', 'accuracy=0.97', '--rounds', '1000'],
    paper: 664,
    most: 700,
  },
  {
    name: 'cnn-iid',
    what: 'CNN, IID, E=5, B=10, to 99%',
    flags: [
      '--model',
      'cnn',
      '--partition',
      'iid',
      '--local-epochs',
      '5',
      '--target',
      'accuracy=0.99',
      '--rounds',
      '50',
    ],
    paper: 20,
    most: 25,
  },
];

const LEARNING_RATE = '0.215';

interface Outcome {
  readonly row: Row;
  readonly rounds: readonly number[];
  readonly accuracies: readonly number[];
  readonly seconds: readonly number[];
}

interface LastLine {
  readonly type: string;
  readonly reason: string;
  readonly rounds: number;
  readonly wallMs: number;
  readonly metrics: { readonly accuracy: number };
}

/** MNIST is found as always: `--data-dir`, `TESSERA_DATA`, the cache or the network. */
export async function benchPapers(words: readonly string[]): Promise<void> {
  const only = valueAfter(words, '--only');
  const dataDir = valueAfter(words, '--data-dir');
  const rows = ROWS.filter(({ name }) => only === undefined || only === name);
  if (rows.length === 0)
    throw new RangeError(`--only must be one of ${ROWS.map(({ name }) => name).join(', ')}`);
  const out = await mkdtemp(join(tmpdir(), 'tessera-papers-'));
  const outcomes: Outcome[] = [];
  try {
    for (const row of rows) {
      const outcome = await measure(row, [...(dataDir ? ['--data-dir', dataDir] : []), '--out', out]);
      outcomes.push(outcome);
      process.stderr.write(`${row.what}: ${outcome.rounds.join(', ')} rounds\n`);
    }
  } finally {
    await rm(out, { recursive: true });
  }
  process.stdout.write(`${tableText(cells(outcomes))}\n`);
  if (words.includes('--write')) await writeResults(outcomes);
}

async function measure(row: Row, extra: readonly string[]): Promise<Outcome> {
  const lines: LastLine[] = [];
  for (const seed of SEEDS) {
    const flags = [
      ...common,
      ...row.flags,
      '--learning-rate',
      LEARNING_RATE,
      '--seed',
      String(seed),
      ...extra,
    ];
    const output = await outputOf(process.execPath, ['dist/cli/main.js', 'simulate', ...flags, '--json']);
    lines.push(JSON.parse(output.trim().split('\n').at(-1) ?? '') as LastLine);
  }
  return {
    row,
    rounds: lines.map(({ reason, rounds }) => (reason === 'target' ? rounds : Number.POSITIVE_INFINITY)),
    accuracies: lines.map(({ metrics }) => metrics.accuracy),
    seconds: lines.map(({ wallMs }) => wallMs / 1000),
  };
}

function cells(outcomes: readonly Outcome[]): string[][] {
  const header = ['', 'rounds, seeds 1, 2, 3', 'median', 'paper', 'asked for', 'seconds'];
  const rows = outcomes.map(({ row, rounds, seconds }) => [
    row.what,
    rounds.join(', '),
    String(median(rounds)),
    String(row.paper),
    `at most ${row.most}: ${median(rounds) <= row.most ? 'met' : 'MISSED'}`,
    seconds.map((value) => value.toFixed(0)).join(', '),
  ]);
  return [header, ...rows];
}

async function writeResults(outcomes: readonly Outcome[]): Promise<void> {
  const file = join(ROOT, 'docs/results.md');
  const text = await readFile(file, 'utf8');
  const [header = [], ...rows] = cells(outcomes);
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const table = [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
  const before = text.slice(0, text.indexOf(START) + START.length);
  const after = text.slice(text.indexOf(END));
  await writeFile(file, `${before}\n\nLearning rate ${LEARNING_RATE} in every row.\n\n${table}\n\n${after}`);
}

function valueAfter(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}
