/** How commands write: to which stream, how wide, in which colours, as tables or as JSON. */
import { type TerminalOptions, useColor } from './terminal/style.js';

/** Options of everything printed to standard output. */
export function terminalOptions(): TerminalOptions {
  const { stdout, env } = process;
  return { color: useColor(stdout, env), columns: stdout.columns || 100, unicode: env.TERM !== 'dumb' };
}

/** Prints lines to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints one sentence to standard error, where it does not disturb what is piped. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a value as one line of JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}
