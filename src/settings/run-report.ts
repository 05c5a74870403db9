/** The report of a run, simulated or served: written beside its log at the end, drawn at once while it goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadReportAssets, renderReport } from '../report/report.js';
import type { RunFinished } from '../round/run-events.js';
import type { RunDirectory } from '../store/run-directory.js';
import { readRun } from '../store/stored-run.js';
import { shownSettings } from './stored-settings.js';

/**
 * Writes `report.html`: of what is in the log, and of the end that is still to be logged, so that a run that has ended
 * has its report.
 *
 * @returns its path
 * @throws {StoreError} when it cannot be written.
 */
export async function writeRunReport(run: RunDirectory, finished: RunFinished): Promise<string> {
  const [{ config, events }, assets] = await Promise.all([readRun(run.path), loadReportAssets()]);
  return run.writeReport(
    renderReport({ config: shownSettings(config), events: [...events, finished] }, assets),
  );
}

/**
 * The report of a run as it stands: the one that was written where it has ended, else one of what is in its log.
 *
 * @param path the run directory
 * @returns undefined where nothing has been logged
 * @throws {StoreError} when the run cannot be read.
 */
export async function runReport(path: string): Promise<string | undefined> {
  const [{ config, events }, assets] = await Promise.all([readRun(path), loadReportAssets()]);
  if (!events.some(({ type }) => type === 'run-started')) return undefined;
  const written =
    events.at(-1)?.type === 'run-finished'
      ? await readFile(join(path, 'report.html'), 'utf8').catch(() => undefined)
      : undefined;
  return written ?? renderReport({ config: shownSettings(config), events }, assets);
}
