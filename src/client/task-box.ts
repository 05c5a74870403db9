/** Where a task lies that came with a call, until the client has time for it. */
import type { Task } from '../protocol/messages.js';

/** Holds one task at most: what comes later is what the server wants now. */
export interface TaskBox {
  /** A call has come: with a task, or without, for which checking in is the answer. */
  put(task: Task | undefined): void;
  /**
   * The task, with what is left of its time; undefined: check in. That is also the answer where the server does not
   * know all of `told` yet, or the task has been taken on before.
   */
  take(told: string): Task | undefined;
  /** The client has said this of itself at a check-in. */
  noteTold(told: string): void;
  /** This task is under way or done. */
  noteTaken(task: Task): void;
  /** The channel is lost, and the server may be another: nothing that was said counts any more. */
  clear(): void;
}

/** @param now milliseconds of any origin */
export function createTaskBox(now: () => number): TaskBox {
  let waiting: { readonly task: Task; readonly since: number } | undefined;
  let known: string | undefined;
  let taken: string | undefined;
  return {
    put(task) {
      waiting = task && { task, since: now() };
    },
    take(told) {
      const found = waiting;
      waiting = undefined;
      if (!found || told !== known || nameOf(found.task) === taken) return undefined;
      const deadlineMs = found.task.deadlineMs - (now() - found.since);
      return deadlineMs > 0 ? { ...found.task, deadlineMs } : undefined;
    },
    noteTold(told) {
      known = told;
    },
    noteTaken(task) {
      taken = nameOf(task);
    },
    clear() {
      waiting = undefined;
      known = undefined;
      taken = undefined;
    },
  };
}

function nameOf({ runId, round, type }: Task): string {
  return `${type} ${round} ${runId}`;
}
