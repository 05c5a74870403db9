/** Runs a measurement in a process of its own, so that none disturbs the next. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT = 256 * 2 ** 20;

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The standard output of a program; throws when it fails. */
export async function outputOf(program: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(program, [...words], { cwd: ROOT, maxBuffer: MAX_OUTPUT });
  return stdout;
}

/** The last line of a program's output, which must be JSON. */
export async function jsonOf<T>(program: string, words: readonly string[]): Promise<T> {
  const lines = (await outputOf(program, words)).trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as T;
}

/** The middle of an odd number of values, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

/** Lines of aligned cells, the first left, the others right. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return rows.map((row) => line(row).join('  ')).join('\n');
}

/** The number behind a flag among a command's words. */
export function numberAfter(words: readonly string[], flag: string, fallback: number): number {
  const at = words.indexOf(flag);
  return at < 0 ? fallback : Number(words[at + 1]);
}

/** Prints a line. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
