/** `tessera runs` about a server: start, stop, pause and resume runs there, and show how they stand. */
import type { Command } from 'commander';
import { ConfigError } from '../errors.js';
import { formatPlural } from '../format.js';
import type { RunEvent } from '../round/run-events.js';
import type { OpenRound, RunDetails, RunOverview } from '../server/control-messages.js';
import { addControlFlags, type ControlFlags, openControl } from './control-api.js';
import { servedRunTable } from './control-view.js';
import { print, printJson, terminalOptions } from './output.js';
import { describeRun } from './runs-view.js';
import { addServedFlags, settingsOf } from './settings.js';

/** What all of these commands are told. */
export type ServedRunFlags = ControlFlags & { readonly json?: boolean };

/** Adds the commands that only a server understands. */
export function addServedRunCommands(runs: Command): void {
  const start = addControlFlags(
    runs.command('start').description("start a run on a server; files that settings name are the server's"),
  )
    .option('--json', 'print JSON')
    .allowExcessArguments(false);
  addServedFlags(start).action(async (flags: ServedRunFlags) => {
    const { out: _, ...given } = flags;
    const settings = await settingsOf({ ...given });
    if (Object.values(settings).some((value) => typeof value === 'function')) {
      throw new ConfigError('settings must be plain data where a server runs them, got a function');
    }
    const api = await openControl(flags);
    tell(await api.call<RunOverview>('POST', '/runs', settings), flags);
  });
  const changes = (name: 'stop' | 'pause', description: string) =>
    addControlFlags(runs.command(name).description(description))
      .argument('<run>', 'its name')
      .option('--json', 'print JSON')
      .action((run: string, flags: ServedRunFlags) => changeRun(name, run, flags));
  changes('stop', 'end a run on a server for good; what its last round has brought stays');
  changes('pause', 'let a run on a server end its open round, and wait');
}

/** Changes a run of a server. */
export async function changeRun(
  change: 'stop' | 'pause' | 'resume',
  run: string,
  flags: ServedRunFlags,
): Promise<void> {
  const api = await openControl(flags);
  tell(await api.call<RunOverview>('POST', `/runs/${encodeURIComponent(run)}/${change}`), flags);
}

/** All runs of a server, one a line. */
export async function listServedRuns(flags: ServedRunFlags): Promise<void> {
  const api = await openControl(flags);
  const { items } = await api.call<{ items: RunOverview[] }>('GET', '/runs');
  if (flags.json) return items.forEach(printJson);
  print(items.length === 0 ? `There are no runs on ${api.url}.` : servedRunTable(items, terminalOptions()));
}

/** One run of a server. */
export async function showServedRun(run: string, flags: ServedRunFlags): Promise<void> {
  const api = await openControl(flags);
  const path = `/runs/${encodeURIComponent(run)}`;
  const details = await api.call<RunDetails>('GET', path);
  if (flags.json) return printJson(details);
  const lines = (await api.text(`${path}/events`)).split('\n').filter((line) => line !== '');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  const stored = { path: run, runId: details.runId, config: details.config, events, torn: false };
  print(describeRun(stored, terminalOptions()));
  print(`\n${sentence(details)}${details.open ? ` ${openSentence(details.open)}` : ''}`);
}

function tell(run: RunOverview, { json }: ServedRunFlags): void {
  if (json) printJson(run);
  else print(sentence(run));
}

function sentence({ runId, status, round, rounds, failure }: RunOverview): string {
  const why = failure === null ? '' : `: ${failure}`;
  return `Run ${runId} is ${status} after round ${round} of ${rounds}${why}.`;
}

function openSentence({ phase, round, cohort, waiting, trained, failed }: OpenRound): string {
  if (phase !== 'training') return `Phase: ${phase}.`;
  return `Round ${round} has asked ${formatPlural(cohort, 'client')}: ${trained} trained, ${failed} failed, ${waiting} still to answer.`;
}
