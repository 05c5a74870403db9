/** Keeps the state that the page sees, and the history that the person sees, as the client lives. */
import type { ClientEvent } from '../client/client-events.js';
import type { ClientData } from '../client/rounds.js';
import type { LocalWork } from '../learn/trainer.js';
import type { Task } from '../protocol/messages.js';
import type { ParticipantDatabase } from './database.js';
import { keepContribution, totalsOf, withContribution } from './history.js';
import { initialState, type ParticipantState, type Progress } from './participant-state.js';
import type { Contribution } from './records.js';
import { withEvent, withTask } from './state-of-events.js';
import { toWire } from './wire-error.js';

/** Pages need not hear more often how far a task is. */
const PROGRESS_MS = 100;

export interface StateKeeper {
  readonly state: ParticipantState;
  /** The same with some of it changed. */
  change(some: Partial<ParticipantState>): void;
  /** Back to the beginning, but for these. */
  reset(some: Partial<ParticipantState>): void;
  fail(error: unknown): void;
  onTask(task: Task): void;
  onEvent(event: ClientEvent): Promise<void>;
  onData(data: ClientData): void;
  /** Bytes of a model have come. */
  onBytes(count: number): void;
  /** The engine has worked on so many examples. */
  onExamples(count: number): void;
  /** Goes on with the history of a database; writes to none after undefined. */
  attach(database: ParticipantDatabase | undefined): Promise<void>;
}

/** @param show is handed every state */
export function createStateKeeper(
  server: string,
  show: (state: ParticipantState) => void,
  now: () => number,
): StateKeeper {
  let state = initialState(server);
  let database: ParticipantDatabase | undefined;
  let task: Task | undefined;
  /** Done of how much, of the phase under way. */
  let done = 0;
  let shownAt = Number.NEGATIVE_INFINITY;

  const set = (next: ParticipantState) => {
    if (next.progress?.phase !== state.progress?.phase) done = 0;
    state = next;
    shownAt = now();
    show(state);
  };
  const progress = (phase: Progress['phase'], more: number, of: number) => {
    if (state.progress?.phase !== phase || state.status !== 'working') return;
    done += more;
    const share = of > 0 ? Math.min(1, done / of) : null;
    state = { ...state, progress: { phase, share } };
    if (now() - shownAt >= PROGRESS_MS) set(state);
  };
  const keep = async (contribution: Contribution) => {
    if (database) await keepContribution(database, contribution);
    state = { ...state, totals: withContribution(state.totals, contribution) };
  };
  const contributionOf = (event: ClientEvent): Contribution | undefined => {
    if (event.type !== 'update-sent' && event.type !== 'report-sent') return undefined;
    if (event.type === 'report-sent' && event.what === 'failure') return undefined;
    const { runId, round, bytes, protection } = event;
    const isUpdate = event.type === 'update-sent';
    return {
      ...{ kind: isUpdate ? 'update' : 'evaluation', runId, round, bytes, protection, at: now() },
      title: task?.definition.title ?? runId,
      exampleCount: isUpdate ? event.exampleCount : (state.heldOutCount ?? 0),
      outcome: isUpdate ? event.receipt.outcome : 'accepted',
    };
  };

  return {
    get state() {
      return state;
    },
    change: (some) => set({ ...state, ...some }),
    reset: (some) => set({ ...initialState(server), ...some }),
    fail(error) {
      const { code, message } = toWire(error);
      set({
        ...state,
        status: 'failed',
        sentence: `Stopped: ${message}.`,
        progress: null,
        error: { code, message },
      });
    },
    onTask(next) {
      task = next;
      state = withTask(state, next);
    },
    async onEvent(event) {
      const contribution = contributionOf(event);
      if (contribution) await keep(contribution);
      set(withEvent(state, event, task?.type));
    },
    onData({ train, heldOut }) {
      const [exampleCount, heldOutCount] = [train.indices.length, heldOut?.indices.length ?? 0];
      if (exampleCount === state.exampleCount && heldOutCount === state.heldOutCount) return;
      set({ ...state, exampleCount, heldOutCount });
    },
    onBytes: (count) => progress('downloading', count, task?.params.bytes ?? 0),
    onExamples(count) {
      progress('training', count, task ? examplesOf(task.work, state.exampleCount ?? 0) : 0);
      progress('evaluating', count, state.heldOutCount ?? 0);
    },
    async attach(opened) {
      database = opened;
      if (opened) state = { ...state, totals: await totalsOf(opened) };
    },
  };
}

/** How many examples the work goes through, each counted as often as it is used. */
function examplesOf({ amount, batchSize }: LocalWork, count: number): number {
  if ('epochs' in amount) return amount.epochs * count;
  return amount.steps * (batchSize === 'full' ? count : Math.min(batchSize, count));
}
