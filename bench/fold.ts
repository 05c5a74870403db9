/** What the server does with the bytes of an update: CPU seconds a GB, and as multiples of a copy in the same run. */
import { jsonOf, median, numberAfter, say, tableText } from './child.js';

const REPEATS = 9;

/** Sizes of a model, in MB, and how many updates of it lie in memory. */
const SIZES = [
  [0.8, 100],
  [6.6, 20],
  [100, 4],
] as const;

const OPERATIONS = {
  copy: 'copy (TypedArray.set)',
  plain: 'fold, TypeScript',
  simd: 'fold, WebAssembly SIMD',
  finite: 'check that all is finite',
  stream: 'read a file in chunks of 64 KB',
} as const;

type Operation = keyof typeof OPERATIONS;

/** Options: `--repeats <n>` (default 9). */
export async function benchFold(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  for (const [megabytes, count] of SIZES) {
    const found = await jsonOf<Record<Operation, number[]>>(process.execPath, [
      'bench/fold-loop.mjs',
      ...[megabytes, count, repeats].map(String),
    ]);
    const copy = median(found.copy);
    const rows = Object.entries(OPERATIONS).map(([name, what]) => {
      const seconds = found[name as Operation];
      const range = `${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}`;
      return [what, median(seconds).toFixed(3), range, (median(seconds) / copy).toFixed(1)];
    });
    say(`\n${count} updates of ${megabytes} MB, medians of ${repeats}`);
    say(tableText([['', 'CPU seconds a GB', 'range', 'times a copy'], ...rows]));
    const gain = median(found.plain.map((seconds, index) => seconds / (found.simd[index] ?? Number.NaN)));
    say(`WebAssembly folds ${gain.toFixed(1)} times as fast as TypeScript (median of pairs)`);
  }
}
