/** Unrolled nodes, a loop (`Scan`) or ONNX's own operator: what the forward recurrence of an LSTM costs in each. */
import { jsonOf, numberAfter, say, tableText } from './child.js';

const SECONDS = 3;

interface Measured {
  readonly results: readonly {
    readonly form: string;
    readonly saved: boolean;
    readonly bytes: number;
    readonly loadMs: number;
    readonly runMs: number;
    readonly apart: number;
  }[];
}

/** Option: `--seconds <s>` for each form (default 3). */
export async function benchRecurrence(words: readonly string[]): Promise<void> {
  const seconds = numberAfter(words, '--seconds', SECONDS);
  for (const cell of ['char-lstm', 'word-cifg']) {
    for (const engine of ['native', 'wasm']) {
      const { results } = await jsonOf<Measured>(process.execPath, [
        'bench/recurrence-loop.mjs',
        ...[cell, engine, String(seconds)],
      ]);
      say(`\n${cell}, ${engine}: forward recurrence, CPU milliseconds on one thread`);
      const rows = results.map(({ form, saved, bytes, loadMs, runMs, apart }) => [
        `${form}, ${saved ? 'with all that the gradient needs' : 'states alone'}`,
        runMs.toFixed(1),
        loadMs.toFixed(0),
        bytes.toLocaleString('en'),
        apart.toExponential(0),
      ]);
      say(tableText([['', 'a run', 'to load', 'bytes', 'states differ by'], ...rows]));
    }
  }
}
