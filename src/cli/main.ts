#!/usr/bin/env node
/** The `tessera` command: words in, exit code out. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../errors.js';
import { addClientCommand } from './client-command.js';
import { addClientsCommand } from './clients-command.js';
import { addDataCommand } from './data-command.js';
import { addOperatorsCommand } from './operators-command.js';
import { addPredictCommand } from './predict-command.js';
import { addRunsCommand } from './runs-command.js';
import { addServeCommand } from './serve-command.js';
import { addSimulateCommand } from './simulate-command.js';
import { addUiCommand } from './ui-command.js';

/** Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted. */
const FAILURE = 1;
const USAGE = 2;

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('tessera')
    .description('Federated learning: learn from data that must not move.')
    .version(version)
    .option('--verbose', 'show where an error came from')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`tessera: ${inOneLine(text)}\n`) });
  addSimulateCommand(program);
  addClientCommand(program);
  addRunsCommand(program);
  addDataCommand(program);
  addPredictCommand(program);
  addUiCommand(program);
  addServeCommand(program);
  addClientsCommand(program);
  addOperatorsCommand(program);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error, process.argv.includes('--verbose'));
  }
}

/** Commander puts its suggestions on a line of their own. */
function inOneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
}

/** Says in one sentence what went wrong; returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tessera: ${message}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n${showCause(error)}`);
  return error instanceof ConfigError ? USAGE : FAILURE;
}

function showCause({ cause }: Error): string {
  return cause instanceof Error ? `caused by ${cause.stack}\n` : '';
}

// A reader that has seen enough (`| head`) closes the pipe: that is no failure, and what is left to say is lost.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(FAILURE);
});

await main();
