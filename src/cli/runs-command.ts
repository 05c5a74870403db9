/** `tessera runs`: what has been run, shown, compared, exported, gone on with. */
import { type Command, Option } from 'commander';
import { ConfigError, StoreError } from '../errors.js';
import { resumeSimulation } from '../simulation/simulate.js';
import {
  listRuns,
  type RunEntry,
  readConfig,
  readRun,
  runIdOf,
  type StoredRun,
} from '../store/stored-run.js';
import { addServerFlags } from './control-api.js';
import { locateRun } from './locate-run.js';
import { print, printJson, terminalOptions } from './output.js';
import { runLive } from './run-live.js';
import {
  compareRuns,
  damagedRun,
  describeRun,
  type RunSummary,
  roundsAsCsv,
  runTable,
  summaryOf,
} from './runs-view.js';
import {
  addServedRunCommands,
  changeRun,
  listServedRuns,
  type ServedRunFlags,
  showServedRun,
} from './served-runs.js';
import { readAddress } from './server-files.js';
import { readConfigFile } from './settings.js';

const DEFAULT_ROOT = 'runs';

export function addRunsCommand(program: Command): void {
  const runs = program
    .command('runs')
    .description('list, show, compare, export and resume runs; start, stop and pause them on a server');
  const json = () => new Option('--json', 'print JSON');
  const root = () => new Option('--out <folder>', 'where runs are kept').default(DEFAULT_ROOT);

  addServerFlags(runs.command('list'))
    .description('all runs, one a line')
    .addOption(root())
    .addOption(json())
    .allowExcessArguments(false)
    .action(async (flags: ServedRunFlags) => {
      const { out, json: asJson, server } = flags;
      if (server !== undefined) return listServedRuns(flags);
      const entries = await listRuns(out);
      const runs = await Promise.all(entries.map(summaryOrDamaged));
      if (asJson) return runs.forEach(printJson);
      print(runs.length === 0 ? `There are no runs in ${out}.` : runTable(runs, terminalOptions()));
    });

  addServerFlags(runs.command('show'))
    .description('one run: its settings, rounds and result')
    .argument('<run>', 'its name, or the path of its folder')
    .addOption(root())
    .addOption(json())
    .action(async (name: string, flags: ServedRunFlags) => {
      const { out, json: asJson, server } = flags;
      if (server !== undefined) return showServedRun(name, flags);
      const run = await find(name, out);
      if (asJson) return printJson({ ...summaryOf(run), config: run.config });
      print(describeRun(run, terminalOptions()));
    });

  runs
    .command('compare')
    .description('several runs side by side: what differs, and what came of it')
    .argument('<runs...>', 'their names, or the paths of their folders')
    .addOption(root())
    .addOption(json())
    .action(async (names: string[], { out, json: asJson }: { out: string; json?: boolean }) => {
      const stored = await Promise.all(names.map((name) => find(name, out)));
      if (asJson) return stored.map(summaryOf).forEach(printJson);
      print(compareRuns(stored, terminalOptions()));
    });

  runs
    .command('export')
    .description('the rounds of a run as CSV, or all its events as JSON, on standard output')
    .argument('<run>', 'its name, or the path of its folder')
    .addOption(new Option('--format <format>', 'csv or json').choices(['csv', 'json']).default('csv'))
    .addOption(root())
    .action(async (name: string, { out, format }: { out: string; format: string }) => {
      const run = await find(name, out);
      if (format === 'csv') return print(roundsAsCsv(run.events));
      print(JSON.stringify({ runId: run.runId, config: run.config, events: run.events }, null, 2));
    });

  addServerFlags(runs.command('resume'))
    .description('go on with a run that was interrupted, killed, or paused on a server')
    .argument('<run>', 'its name, or the path of its folder')
    .addOption(root())
    .addOption(new Option('--config <file>', 'the file with the settings that are functions'))
    .option('--json', 'print one event a line instead of a table')
    .action(async (name: string, given: ServedRunFlags & { config?: string }) => {
      if (given.server !== undefined) return changeRun('resume', name, given);
      if (await isServed(name, given.out)) return resumeServed(runIdOf(name), given);
      const settings = given.config === undefined ? {} : await readConfigFile(given.config);
      const functions = Object.entries(settings).filter(([, value]) => typeof value === 'function');
      const path = locateRun(name, given.out);
      await runLive(
        (hooks) => resumeSimulation(path, hooks, Object.fromEntries(functions)),
        given.json === true,
      );
    });

  addServedRunCommands(runs);
}

/** Whether a run belongs to the server of its folder. */
async function isServed(name: string, root: string): Promise<boolean> {
  const config = (await readConfig(locateRun(name, root))) as { readonly type?: unknown } | null;
  return config?.type === 'served';
}

/** The server of the folder goes on with its runs by itself, unless they were paused or could not go on. */
async function resumeServed(runId: string, flags: ServedRunFlags): Promise<void> {
  if ((await readAddress(flags.out)) !== undefined) return changeRun('resume', runId, flags);
  throw new ConfigError(
    `run ${runId} must be simulated where no server runs on ${flags.out}, got one that a server goes on with: tessera serve --out ${flags.out}`,
  );
}

/** One damaged run must not hide the others. */
async function summaryOrDamaged({ runId, path }: RunEntry): Promise<RunSummary> {
  try {
    return summaryOf(await readRun(path));
  } catch (error) {
    if (error instanceof StoreError) return damagedRun(runId);
    throw error;
  }
}

function find(name: string, root: string): Promise<StoredRun> {
  return readRun(locateRun(name, root));
}
