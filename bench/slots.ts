/** What the slots of a training step cost: CPU seconds an example, as multiples of an ordinary step in the same run. */
import { jsonOf, median, numberAfter, say, tableText } from './child.js';

const REPEATS = 5;
const SECONDS = 2;

interface Slot {
  readonly name: string;
  readonly work: Readonly<Record<string, unknown>>;
}

const SLOTS: readonly Slot[] = [
  { name: 'ordinary step', work: {} },
  { name: 'proximal term', work: { proximalTerm: 0.01 } },
  { name: 'per-example clipping', work: { exampleClippingNorm: 1 } },
  { name: 'in four parts', work: { accumulateSteps: 4 } },
];

/** The most that per-example clipping on 2nn at batch 64 may cost, as a multiple of an ordinary step. */
const MOST = 4;

/** Options: `--repeats <n>` (default 5), `--seconds <s>` a measurement (default 2). */
export async function benchSlots(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  const seconds = numberAfter(words, '--seconds', SECONDS);
  for (const [model, batch] of [
    ['2nn', 10],
    ['2nn', 64],
    ['cnn', 10],
  ] as const) {
    const speeds = new Map<string, number[]>(SLOTS.map(({ name }) => [name, []]));
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { name, work } of SLOTS) {
        const { examplesPerCpuSecond } = await jsonOf<{ examplesPerCpuSecond: number }>(process.execPath, [
          'bench/train-loop.mjs',
          ...[model, String(batch), 'native', String(seconds), JSON.stringify(work)],
        ]);
        speeds.get(name)?.push(examplesPerCpuSecond);
      }
    }
    report(model, batch, speeds);
  }
}

function report(model: string, batch: number, speeds: ReadonlyMap<string, readonly number[]>): void {
  const ordinary = median(speeds.get('ordinary step') ?? []);
  const rows = [...speeds].map(([name, values]) => [
    name,
    Math.round(median(values)).toLocaleString('en'),
    (ordinary / median(values)).toFixed(2),
  ]);
  say(`\n${model}, batch ${batch}, native, one thread, medians`);
  say(tableText([['', 'examples per CPU-second', 'costs x times'], ...rows]));
  if (model !== '2nn' || batch !== 64) return;
  const cost = ordinary / median(speeds.get('per-example clipping') ?? []);
  say(`per-example clipping costs ${cost.toFixed(2)}, at most ${MOST}: ${cost <= MOST ? 'met' : 'MISSED'}`);
}
