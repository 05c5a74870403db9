/** `tessera simulate`: a federation in one process. */
import type { Command } from 'commander';
import type { SimulationOptions } from '../settings/simulation-options.js';
import { simulate } from '../simulation/simulate.js';
import { runLive } from './run-live.js';
import { addSimulationFlags, settingsOf } from './settings.js';

export function addSimulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .description('run a federation in one process, and write its log, models and report')
    .option('--json', 'print one event a line instead of a table')
    .allowExcessArguments(false);
  addSimulationFlags(command).action(async (given: Record<string, unknown>) => {
    const settings: SimulationOptions = await settingsOf(given);
    await runLive((hooks) => simulate(settings, hooks), given.json === true);
  });
}
