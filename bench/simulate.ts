/** Simulation: what a second thread brings, and what a thousand clients cost in memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonOf, median, say, tableText } from './child.js';

const REPEATS = 5;

interface Measured {
  readonly trainingMs: number;
  readonly peakMb: number;
}

/** Options: none. Data: digits, so that nothing needs to be found. */
export async function benchSimulate(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'));
  let runs = 0;
  const measure = (settings: Record<string, unknown>) =>
    jsonOf<Measured>(process.execPath, [
      'bench/simulate-once.mjs',
      JSON.stringify({ ...settings, out: folder, name: `run-${runs++}` }),
    ]);
  try {
    await threads(measure);
    await memory(measure);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Measure = (settings: Record<string, unknown>) => Promise<Measured>;

async function threads(measure: Measure): Promise<void> {
  const settings = { examples: 20_000, partition: 'iid', clients: 20, rounds: 10, localEpochs: 2 };
  const one: number[] = [];
  const two: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    one.push((await measure({ ...settings, threads: 1 })).trainingMs);
    two.push((await measure({ ...settings, threads: 2 })).trainingMs);
  }
  const seconds = (values: readonly number[]) => (median(values) / 1000).toFixed(2);
  const ratio = median(one.map((each, index) => each / (two[index] ?? Number.NaN)));
  say('\n2nn, 20 clients of 1,000 digits, 2 local epochs, 10 rounds with evaluation: seconds');
  say(
    tableText([
      ['threads', 'median', 'all'],
      ['1', seconds(one), list(one)],
      ['2', seconds(two), list(two)],
    ]),
  );
  say(`two threads are ${ratio.toFixed(2)} times as fast as one (median of pairs), asked for: 1.7`);
}

async function memory(measure: Measure): Promise<void> {
  const settings = { examples: 20_000, partition: 'iid', rounds: 3, samplingRate: 1 };
  const few = await measure({ ...settings, clients: 10 });
  const many = await measure({ ...settings, clients: 1000 });
  say('\n2nn, 20,000 digits, everybody in every round: peak resident memory, MB');
  say(
    tableText([
      ['clients', 'peak'],
      ['10', few.peakMb.toFixed(0)],
      ['1000', many.peakMb.toFixed(0)],
    ]),
  );
  say(`1,000 clients take ${(many.peakMb - few.peakMb).toFixed(0)} MB more than 10, allowed: 200`);
}

function list(values: readonly number[]): string {
  return values.map((value) => (value / 1000).toFixed(2)).join(' ');
}
