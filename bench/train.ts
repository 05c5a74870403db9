/**
 * Training speed, one thread: examples per CPU-second of our step graphs, native and WASM, beside an ordinary
 * PyTorch loop and a hand-written numpy loop, interleaved in one run.
 */
import { jsonOf, median, numberAfter, outputOf, ROOT, say, tableText } from './child.js';

const REPEATS = 5;
const SECONDS = 3;

/** What is trained: sequences of 80 characters, of 20 words and of 64 characters, or images. */
interface Workload {
  readonly model: string;
  readonly batch: number;
  /** In PyTorch's and numpy's memory. */
  readonly examples: number;
  readonly warmUp: number;
  /** At most; absent: as many as asked for. */
  readonly repeats?: number;
  /** Ratios that are asked for, by the reference's name. */
  readonly least: Readonly<Record<string, number>>;
}

const image = { batch: 10, examples: 6000, warmUp: 50 } as const;
const text = { examples: 160, warmUp: 5, repeats: 3, least: { PyTorch: 1 } } as const;
const WORKLOADS: readonly Workload[] = [
  { ...image, model: '2nn', least: { PyTorch: 1.4, numpy: 1 } },
  { ...image, model: 'cnn', least: { PyTorch: 0.6 } },
  { ...text, model: 'char-lstm', batch: 10 },
  { ...text, model: 'word-cifg', batch: 16 },
  { ...text, model: 'transformer', batch: 16 },
];

interface Measured {
  readonly examplesPerCpuSecond: number;
  readonly blas?: string;
}

interface Contender {
  readonly name: string;
  measure(): Promise<Measured>;
}

/**
 * Options: `--repeats <n>` (default 5, of language models at most 3), `--seconds <s>` a measurement (default 3),
 * `--model <name>` for one alone.
 */
export async function benchTrain(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  const seconds = numberAfter(words, '--seconds', SECONDS);
  const python = await findPython();
  if (!python) say('PyTorch and numpy are left out: no python3 with torch and numpy was found.');
  const asked = words.includes('--model') ? words[words.indexOf('--model') + 1] : undefined;
  for (const workload of WORKLOADS.filter(({ model }) => asked === undefined || asked === model)) {
    const contenders = contendersFor(workload, python, seconds);
    const speeds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    for (let repeat = 0; repeat < Math.min(repeats, workload.repeats ?? repeats); repeat++) {
      for (const { name, measure } of contenders) {
        const { examplesPerCpuSecond, blas } = await measure();
        if (blas === 'reference' && repeat === 0) {
          say(`${name} runs on the slow reference BLAS here: ratios to it mean nothing. Install OpenBLAS.`);
        }
        speeds.get(name)?.push(examplesPerCpuSecond);
      }
    }
    report(workload, speeds);
  }
}

function contendersFor(workload: Workload, python: string | undefined, seconds: number): Contender[] {
  const { model, batch, examples, warmUp, least } = workload;
  const own = (name: string, engine: string): Contender => ({
    name,
    measure: () =>
      jsonOf(process.execPath, ['bench/train-loop.mjs', model, String(batch), engine, String(seconds)]),
  });
  const reference = (name: string, script: string): Contender => ({
    name,
    measure: () =>
      jsonOf(python ?? '', [
        `${ROOT}/bench/reference/${script}`,
        ...['--model', model, '--batch', String(batch), '--examples', String(examples)],
        ...['--warm-up', String(warmUp), '--seconds', String(seconds), '--data', 'random'],
      ]),
  });
  return [
    own('Tessera native', 'native'),
    ...(python ? [reference('PyTorch', 'torch_train.py')] : []),
    ...(python && 'numpy' in least ? [reference('numpy', 'numpy_train.py')] : []),
    own('Tessera WASM', 'wasm'),
  ];
}

function report({ model, batch, least }: Workload, speeds: ReadonlyMap<string, readonly number[]>): void {
  const medians = new Map([...speeds].map(([name, values]) => [name, median(values)]));
  const own = medians.get('Tessera native') ?? Number.NaN;
  const rows = [...speeds].map(([name, values]) => [
    name,
    Math.round(median(values)).toLocaleString('en'),
    `${Math.round(Math.min(...values)).toLocaleString('en')} to ${Math.round(Math.max(...values)).toLocaleString('en')}`,
    (own / median(values)).toFixed(2),
  ]);
  say(`\n${model}, batch ${batch}, one thread, examples per CPU-second`);
  say(tableText([['', 'median', 'range', 'native is x times'], ...rows]));
  for (const [reference, asked] of Object.entries(least)) {
    const other = medians.get(reference);
    if (other === undefined) continue;
    const ratio = own / other;
    say(
      `native / ${reference} = ${ratio.toFixed(2)}, asked for: ${asked}: ${ratio >= asked ? 'met' : 'MISSED'}`,
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
