/** `tessera simulate`: a federation in one process. */
import type { Command } from 'commander';
import { ConfigError } from '../errors.js';
import { parseOptions, type SimulationOptions } from '../settings/simulation-options.js';
import { simulate } from '../simulation/simulate.js';
import { print, printNotice } from './output.js';
import { runLive } from './run-live.js';
import { addSimulationFlags, settingsOf } from './settings.js';

/** What is said of how a simulation is shown; the other flags are its settings. */
interface ShowFlags {
  readonly json?: boolean;
  readonly ui?: boolean;
  readonly port?: string;
}

export function addSimulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .description('run a federation in one process, and write its log, models and report')
    .option('--json', 'print one event a line instead of a table')
    .option('--ui', 'show it on the dashboard, during the run and after it')
    .option('--port <n>', 'the port of the dashboard [8642, or one that is free]')
    .allowExcessArguments(false);
  addSimulationFlags(command).action(async (given: ShowFlags) => {
    const settings: SimulationOptions = await settingsOf({ ...given });
    const { json = false, ui = false, port } = given;
    if (ui) return simulateOnDashboard(settings, json, port);
    if (port !== undefined) throw new ConfigError(`--ui must be given where --port is, got --port ${port}`);
    await runLive((hooks) => simulate(settings, hooks), json);
  });
}

/** The dashboard stays when the run has come to its end, until Ctrl-C; it goes at once when Ctrl-C ends the run. */
async function simulateOnDashboard(
  settings: SimulationOptions,
  json: boolean,
  port: string | undefined,
): Promise<void> {
  const { out } = parseOptions(settings);
  // A server's libraries take a while to load: only where there is one.
  const { openView, untilSignal } = await import('./view.js');
  const view = await openView(out, port);
  const say = json ? printNotice : print;
  try {
    say(`Dashboard  ${view.link}`);
    const watcher = view.watch();
    const isComplete = await runLive(async (hooks) => {
      const onEvent: typeof hooks.onEvent = (event) => {
        hooks.onEvent?.(event);
        watcher.onEvent(event);
      };
      return simulate(settings, { ...hooks, onEvent, watcher }).finally(watcher.end);
    }, json);
    if (!isComplete) return;
    say(`The dashboard stays at ${view.url} until Ctrl-C.`);
    await untilSignal();
  } finally {
    await view.close();
  }
}
