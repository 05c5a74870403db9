/** `tessera data show`: who has how much of what. */
import type { Command } from 'commander';
import { formatCount, formatPercent } from '../format.js';
import { parseOptions } from '../settings/simulation-options.js';
import { loadPopulation } from '../simulation/population.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';
import { addDataFlags, settingsOf } from './settings.js';
import { labelPicture } from './terminal/label-picture.js';

export function addDataCommand(program: Command): void {
  const data = program.command('data').description('look at data and how it is dealt');
  const show = data
    .command('show')
    .description('examples of each client and label, as a table and a picture')
    .option('--json', 'print one client a line')
    .allowExcessArguments(false);
  addDataFlags(show).action(async (given: Record<string, unknown>) => {
    const options = parseOptions(await settingsOf(given));
    const { datasets, summaries, serverHeldOut, vocabulary, coverage } = await loadPopulation(
      options,
      printNotice,
    );
    if (given.json === true) return summaries.forEach(printJson);
    const [{ name, task, classNames, featureShape }] = datasets;
    const trainCount = summaries.reduce((sum, client) => sum + client.trainCount, 0);
    print(
      `${name}: ${formatCount(trainCount)} training and ${formatCount(serverHeldOut.indices.length)} held-out examples of [${featureShape.join(', ')}], ${formatCount(summaries.length)} clients, partition ${options.partition}`,
    );
    if (vocabulary && coverage !== undefined) {
      print(
        `vocabulary of ${formatCount(vocabulary.names.length)} tokens, ${formatPercent(coverage)} of held-out tokens are in it`,
      );
    }
    print('');
    print(labelPicture(summaries, task === 'next-token' ? [] : classNames, terminalOptions()));
  });
}
