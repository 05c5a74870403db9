/** Runs as operators see them: those that are open from memory, others from their folders. */
import type { RunEvent } from '../round/run-events.js';
import type { RunState } from '../round/run-state.js';
import { shownSettings } from '../settings/stored-settings.js';
import { listModels, type RunEntry, readRun } from '../store/stored-run.js';
import type { OpenRoundState, RunDetails, RunOverview } from './control-messages.js';
import type { RoundHost } from './round-host.js';
import type { ServedRun } from './served-run.js';

/** Events shown with a run. */
const RECENT_EVENTS = 50;

/** A run that somebody in this process goes on with. */
export interface OpenRun {
  overview(): RunOverview;
  round(): OpenRoundState;
}

/** An open run. */
export function overviewOfOpen(run: ServedRun): RunOverview {
  const { runId, options, host } = run;
  return {
    ...{ runId, type: 'served', status: run.status(), model: options.model, rounds: options.rounds },
    ...overviewOfState(host.state),
    failure: run.failure() ?? null,
    population: options.population,
  };
}

/** What the state of a run says that goes on. */
export function overviewOfState({
  progress,
}: RunState): Pick<RunOverview, 'round' | 'loss' | 'accuracy' | 'reason' | 'failure'> {
  return {
    round: progress?.round ?? 0,
    loss: finiteOrNull(progress?.metrics?.loss),
    accuracy: finiteOrNull(progress?.metrics?.accuracy),
    reason: null,
    failure: null,
  };
}

/** A run that is not open, as its folder has it. */
export async function overviewOfStored({ runId, path }: RunEntry): Promise<RunOverview> {
  try {
    const { config, events } = await readRun(path);
    return overviewOf(runId, shownSettings(config), events);
  } catch {
    const unknown = { model: '-', round: 0, rounds: 0, loss: null, accuracy: null, reason: null };
    return { runId, status: 'damaged', type: 'served', ...unknown, failure: null, population: null };
  }
}

/** One run, with its settings and its last events. @throws {StoreError} when its folder cannot be read. */
export async function detailsOf({ runId, path }: RunEntry, run: OpenRun | undefined): Promise<RunDetails> {
  const { config, events } = await readRun(path);
  const settings = shownSettings(config);
  return {
    ...(run ? { ...run.overview(), open: run.round() } : overviewOf(runId, settings, events)),
    config: settings,
    eventCount: events.length,
    events: events.slice(-RECENT_EVENTS),
    models: await listModels(path),
  };
}

function overviewOf(
  runId: string,
  settings: Readonly<Record<string, unknown>>,
  events: readonly RunEvent[],
): RunOverview {
  const rounds = events.filter((event) => event.type === 'round-finished');
  const metrics = rounds.findLast((round) => round.metrics)?.metrics;
  const last = events.at(-1);
  const reason = last?.type === 'run-finished' ? last.reason : null;
  return {
    runId,
    type: settings.type === 'served' ? 'served' : 'simulated',
    status:
      reason === null || reason === 'interrupted'
        ? 'interrupted'
        : reason === 'user'
          ? 'stopped'
          : 'finished',
    model: String(settings.model),
    round: rounds.at(-1)?.round ?? 0,
    rounds: Number(settings.rounds),
    loss: finiteOrNull(metrics?.loss),
    accuracy: finiteOrNull(metrics?.accuracy),
    reason,
    failure: null,
    population: typeof settings.population === 'string' ? settings.population : null,
  };
}

/** How the open round of a run stands. */
export function openRoundOf({ state, available }: Pick<RoundHost, 'state' | 'available'>): OpenRoundState {
  const { phase, round, goal, failures, cohort, waiting, trained, failed } = state;
  return {
    ...{ phase, round, goal, failures, available },
    cohort: cohort.length,
    waiting: waiting.length,
    trained: trained.length,
    failed: failed.length,
  };
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
