/**
 * What the server knows of what the clients of a round are doing, for operators who look on.
 *
 * Only what a client has signed, or what became of its report, counts: who fetches a model without a signature is not
 * known. A client with its task is taken to train, unless it is seen to fetch the model first.
 */
import type { ActivityBoard } from '../round/activity-board.js';

/** Of one run. */
export interface ClientActivity {
  readonly board: ActivityBoard;
  begin(round: number, cohort: readonly number[]): void;
  /** The client has got its task. */
  handedOut(clientIndex: number): void;
  /** Whether anybody looks. */
  isWatched(): boolean;
  /** Whether it would be news that the client fetches the model: it has not begun to report. */
  mayDownload(clientIndex: number): boolean;
  /** It fetches the model; the answer is called when that is over. */
  downloading(clientIndex: number): () => void;
  uploading(clientIndex: number): void;
  ended(clientIndexes: readonly number[], how: 'done' | 'late' | 'failed'): void;
}

/** What it stands on. */
export interface ActivityContext {
  readonly board: ActivityBoard;
  /** Milliseconds since 1970. */
  time(): number;
  /** There is news. */
  onChange(): void;
  /** Whether anybody looks. */
  isWatched(): boolean;
}

/** So long after its task a client is not taken to train yet: it may still be about to fetch the model. */
const PATIENCE_MS = 1_000;

export function createClientActivity({ board, time, onChange, isWatched }: ActivityContext): ClientActivity {
  /** Clients that have their task and have done nothing since, and when they got it. */
  const idle = new Map<number, number>();
  let isWaiting = false;
  const note: ActivityBoard['note'] = (clientIndex, phase, at) => {
    idle.delete(clientIndex);
    board.note(clientIndex, phase, at);
  };
  const hasTrained = (clientIndex: number) => {
    const at = idle.get(clientIndex);
    if (at !== undefined) note(clientIndex, 'training', at);
  };
  const takeToTrain = () => {
    isWaiting = false;
    const due = time() - PATIENCE_MS;
    for (const [clientIndex, at] of idle) if (at <= due) note(clientIndex, 'training', at);
    if (idle.size > 0) wait();
    onChange();
  };
  const wait = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(takeToTrain, PATIENCE_MS).unref();
  };
  return {
    ...{ board, isWatched },
    begin(round, cohort) {
      idle.clear();
      board.begin(round, cohort, time());
      onChange();
    },
    handedOut(clientIndex) {
      if (board.phaseOf(clientIndex) !== 'selected' || idle.has(clientIndex)) return;
      idle.set(clientIndex, time());
      wait();
    },
    mayDownload(clientIndex) {
      const phase = board.phaseOf(clientIndex);
      return phase === 'selected' || phase === 'training';
    },
    downloading(clientIndex) {
      note(clientIndex, 'downloading', time());
      onChange();
      return () => {
        if (board.phaseOf(clientIndex) !== 'downloading') return;
        note(clientIndex, 'training', time());
        onChange();
      };
    },
    uploading(clientIndex) {
      hasTrained(clientIndex);
      note(clientIndex, 'uploading', time());
      onChange();
    },
    ended(clientIndexes, how) {
      for (const clientIndex of clientIndexes) {
        hasTrained(clientIndex);
        note(clientIndex, how, time());
      }
      onChange();
    },
  };
}
