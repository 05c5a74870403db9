/** A run that goes on in this process, for the pages that show it: what it tells, and how it stands. */
import type { ActivityPhase } from '../round/activity.js';
import { createActivityBoard } from '../round/activity-board.js';
import type { RunEvent, RunStarted } from '../round/run-events.js';
import { createdRun, type RunState } from '../round/run-state.js';
import type { RunOverview } from './control-messages.js';
import type { RunFeed } from './run-feed.js';
import { type OpenRun, openRoundOf, overviewOfState } from './run-overview.js';

/** What it is told. */
export interface ViewedRun {
  /** An event that is in the log; the first is `run-started`. */
  onEvent(event: RunEvent): void;
  roundBegan(round: number, cohort: readonly number[]): void;
  clientDoes(clientId: number, what: ActivityPhase): void;
  stateChanged(state: RunState): void;
  /** It does not go on here any more. */
  end(): void;
}

/** @param open the runs that go on, among which it is while it does */
export function viewedRun(feed: RunFeed, open: Map<string, OpenRun>): ViewedRun {
  const board = createActivityBoard();
  let started: RunStarted | undefined;
  let state = createdRun;
  const begin = (event: RunStarted) => {
    const { runId, model, rounds, clients } = event;
    const shown = { runId, model, rounds, type: 'simulated', population: null } as const;
    const overview = (): RunOverview => ({ ...shown, ...overviewOfState(state), status: 'running' });
    const round = () => openRoundOf({ state, available: clients.length });
    started = event;
    open.set(runId, { overview, round });
    feed.begin(runId, 0);
    feed.attach(runId, { board, state: round });
  };
  const stir = () => {
    if (started) feed.stir(started.runId);
  };
  return {
    onEvent(event) {
      if (event.type === 'run-started') begin(event);
      if (started) feed.note(started.runId);
    },
    roundBegan(round, cohort) {
      board.begin(round, cohort, Date.now());
      stir();
    },
    clientDoes(clientId, what) {
      board.note(clientId, what, Date.now());
      stir();
    },
    stateChanged(next) {
      state = next;
    },
    end() {
      if (!started) return;
      open.delete(started.runId);
      feed.end(started.runId);
    },
  };
}
