/** Writes the report of a run, simulated or served, beside its log. */
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
