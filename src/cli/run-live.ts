/** Runs a simulation before a person's or a program's eyes, and ends it on Ctrl-C. */
import { relative } from 'node:path';
import type { SimulationHooks, SimulationResult } from '../simulation/hooks.js';
import { readRun } from '../store/stored-run.js';
import { print, printJson, printNotice, terminalOptions } from './output.js';
import { finalSummary } from './terminal/final-summary.js';
import { createLiveView } from './terminal/live-view.js';

/** The exit code of a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Starts a simulation and shows it: live rows and a summary, or one event a line with `json`. The first Ctrl-C
 * (or a request to terminate) ends the run so that it can be resumed, the second ends the process. Before its
 * first event there is no run to end, and Ctrl-C ends the process at once, also where data is being drawn.
 * A reader that has seen enough (`| head`) ends the run like the first Ctrl-C, without a word and with code 0.
 *
 * @returns whether the run has come to its end by itself, before the eyes of somebody
 */
export async function runLive(
  start: (hooks: SimulationHooks) => Promise<SimulationResult>,
  json: boolean,
): Promise<boolean> {
  const controller = new AbortController();
  let started = false;
  let readerLeft = false;
  const stop = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted) return controller.abort();
    // Not with process.exit, which would end threads in the middle of native code.
    process.off('SIGINT', stop).off('SIGTERM', stop).kill(process.pid, signal);
  };
  const onReaderGone = ({ code }: NodeJS.ErrnoException) => {
    readerLeft = code === 'EPIPE';
    if (readerLeft) controller.abort();
  };
  process.stdout.on('error', onReaderGone);
  const { color, unicode } = terminalOptions();
  const view = json ? undefined : createLiveView(process.stdout, { color, unicode: unicode ?? true });
  try {
    const result = await start({
      signal: controller.signal,
      onNotice: (notice) => printNotice(`tessera: ${notice}`),
      onEvent(event) {
        if (!started) process.on('SIGINT', stop).on('SIGTERM', stop);
        started = true;
        if (view) view.onEvent(event);
        else printJson(event);
      },
    });
    view?.end();
    if (readerLeft) return false;
    if (view) await summarise(result);
    // Also where the run was quicker than who ended it.
    if (result.finished.reason !== 'interrupted') return !controller.signal.aborted;
    printNotice(`tessera: interrupted; go on with: tessera runs resume ${shown(result.directory)}`);
    process.exitCode = INTERRUPTED;
    return false;
  } catch (error) {
    view?.end();
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    process.stdout.off('error', onReaderGone);
  }
}

async function summarise({ directory, report }: SimulationResult): Promise<void> {
  const { events } = await readRun(directory);
  print('');
  print(finalSummary(events, terminalOptions()));
  print(`Report   ${shown(report)}`);
}

function shown(path: string): string {
  const short = relative('.', path);
  return short.startsWith('..') ? path : short;
}
