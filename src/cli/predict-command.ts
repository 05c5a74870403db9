/** `tessera predict`: what a run's model suggests after a text. */
import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import type { Suggestions } from '../client/suggest.js';
import { readText } from '../datasets/read-bytes.js';
import { formatPercent } from '../format.js';
import { loadSuggester } from '../simulation/load-suggester.js';
import { locateRun } from './locate-run.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';
import { paint } from './terminal/style.js';

interface PredictFlags {
  readonly out: string;
  readonly text?: string;
  readonly typed?: string;
  readonly json?: boolean;
}

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('three suggestions of what comes next, from the last model of a run of text')
    .argument('<run>', 'its name, or the path of its folder')
    .option('--text <text>', 'what has been typed; without it, each line of standard input')
    .option('--typed <file>', 'hashed words: what this client has typed before, whose words are suggested')
    .addOption(new Option('--out <folder>', 'where runs are kept').default('runs'))
    .option('--json', 'print one JSON object for each text')
    .action(predict);
}

async function predict(name: string, { out, text, typed, json = false }: PredictFlags): Promise<void> {
  const known = typed === undefined ? {} : { typed: await readText(typed) };
  const suggester = await loadSuggester(locateRun(name, out), known);
  const answer = async (line: string) => {
    const found = await suggester.suggest(line);
    if (json) printJson({ text: line, ...found });
    else print(shown(found));
  };
  try {
    if (text !== undefined) return await answer(text);
    await eachLine(answer);
  } finally {
    await suggester.release();
  }
}

/** At a terminal with a prompt, until the end of input (Ctrl-D). */
async function eachLine(answer: (line: string) => Promise<void>): Promise<void> {
  const { stdin, stdout } = process;
  const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const prompt = () => {
    if (stdin.isTTY && stdout.isTTY) stdout.write('> ');
  };
  if (stdin.isTTY && stdout.isTTY) printNotice('Type the beginning of a text, then Enter; Ctrl-D ends.');
  prompt();
  for await (const line of lines) {
    await answer(line);
    prompt();
  }
}

/** Characters that are seen by nothing but their name. */
const NAMES: Readonly<Record<string, string>> = { ' ': 'blank', '\n': 'line feed', '\r': 'carriage return' };

function shown({ suggestions, word }: Suggestions): string {
  const options = terminalOptions();
  const each = suggestions.map(
    ({ text, probability }) => `${paint(NAMES[text] ?? text, 'bold', options)} ${formatPercent(probability)}`,
  );
  const spelt = word === undefined ? [] : [`word ${paint(word, 'bold', options)}`];
  return each.length === 0 ? 'nothing to suggest' : [...each, ...spelt].join('   ');
}
