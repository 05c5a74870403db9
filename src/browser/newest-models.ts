/** Which global model of each run is the newest, as far as there has been word of it. */
import type { BlobReference, Task, TaskDefinition } from '../protocol/messages.js';

/** A global model that there is word of. */
export interface Newest {
  readonly definition: TaskDefinition;
  readonly round: number;
  readonly params: BlobReference;
}

export interface NewestModels {
  get(runId: string): Newest | undefined;
  learn(newest: Newest): void;
  /** A task names the newest model of its run. */
  note(task: Task): void;
}

export function createNewestModels(): NewestModels {
  const known = new Map<string, Newest>();
  const learn = (newest: Newest) => {
    const { runId } = newest.definition;
    if (newest.round >= (known.get(runId)?.round ?? 0)) known.set(runId, newest);
  };
  return {
    get: (runId) => known.get(runId),
    learn,
    note({ type, definition, round, params }) {
      // What is trained on is the model of the round before.
      learn({ definition, round: type === 'train' ? round - 1 : round, params });
    },
  };
}
