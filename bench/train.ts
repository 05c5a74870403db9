/**
 * Training speed, one thread: examples per CPU-second of our step graphs, native and WASM, beside an ordinary
 * PyTorch loop and a hand-written numpy loop, interleaved in one run.
 */
import { jsonOf, median, numberAfter, outputOf, ROOT, say, tableText } from './child.js';

const REPEATS = 5;
const SECONDS = 3;

interface Measured {
  readonly examplesPerCpuSecond: number;
  readonly blas?: string;
}

interface Contender {
  readonly name: string;
  measure(model: string): Promise<Measured>;
}

/** What is asked for, as ratios. */
const GATES = [
  { model: '2nn', reference: 'PyTorch', least: 1.4 },
  { model: 'cnn', reference: 'PyTorch', least: 0.6 },
  { model: '2nn', reference: 'numpy', least: 1 },
];

/** Options: `--repeats <n>` (default 5), `--seconds <s>` a measurement (default 3). */
export async function benchTrain(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  const seconds = numberAfter(words, '--seconds', SECONDS);
  const python = await findPython();
  if (!python) say('PyTorch and numpy are left out: no python3 with torch and numpy was found.');
  for (const model of ['2nn', 'cnn']) {
    const contenders = contendersFor(model, python, seconds);
    const speeds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { name, measure } of contenders) {
        const { examplesPerCpuSecond, blas } = await measure(model);
        if (blas === 'reference' && repeat === 0) {
          say(`${name} runs on the slow reference BLAS here: ratios to it mean nothing. Install OpenBLAS.`);
        }
        speeds.get(name)?.push(examplesPerCpuSecond);
      }
    }
    report(model, speeds);
  }
}

function contendersFor(model: string, python: string | undefined, seconds: number): Contender[] {
  const own = (name: string, engine: string): Contender => ({
    name,
    measure: () => jsonOf(process.execPath, ['bench/train-loop.mjs', model, '10', engine, String(seconds)]),
  });
  const reference = (name: string, script: string): Contender => ({
    name,
    measure: () =>
      jsonOf(python ?? '', [
        `${ROOT}/bench/reference/${script}`,
        ...['--model', model, '--batch', '10', '--examples', '6000'],
        ...['--seconds', String(seconds), '--data', 'random'],
      ]),
  });
  return [
    own('Tessera native', 'native'),
    ...(python ? [reference('PyTorch', 'torch_train.py')] : []),
    ...(python && model !== 'cnn' ? [reference('numpy', 'numpy_train.py')] : []),
    own('Tessera WASM', 'wasm'),
  ];
}

function report(model: string, speeds: ReadonlyMap<string, readonly number[]>): void {
  const medians = new Map([...speeds].map(([name, values]) => [name, median(values)]));
  const own = medians.get('Tessera native') ?? Number.NaN;
  const rows = [...speeds].map(([name, values]) => [
    name,
    Math.round(median(values)).toLocaleString('en'),
    `${Math.round(Math.min(...values)).toLocaleString('en')} to ${Math.round(Math.max(...values)).toLocaleString('en')}`,
    (own / median(values)).toFixed(2),
  ]);
  say(`\n${model}, batch 10, one thread, examples per CPU-second`);
  say(tableText([['', 'median', 'range', 'native is x times'], ...rows]));
  for (const { reference, least } of GATES.filter((gate) => gate.model === model)) {
    const other = medians.get(reference);
    if (other === undefined) continue;
    const ratio = own / other;
    say(
      `native / ${reference} = ${ratio.toFixed(2)}, asked for: ${least}: ${ratio >= least ? 'met' : 'MISSED'}`,
    );
  }
}

/** A Python that has both packages: `TESSERA_PYTHON`, the system's, or the first on the path. */
async function findPython(): Promise<string | undefined> {
  for (const program of [process.env.TESSERA_PYTHON, '/usr/bin/python3', 'python3']) {
    if (!program) continue;
    const found = await outputOf(program, ['-c', 'import torch, numpy']).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return undefined;
}
