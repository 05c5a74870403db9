/** Which global model of each run is the newest, as far as there has been word of it. */
import type { BlobReference, Offer, Task, TaskDefinition } from '../protocol/messages.js';

/** A global model that there is word of. */
export interface Newest {
  readonly definition: TaskDefinition;
  readonly round: number;
  readonly params: BlobReference;
}

export interface NewestModels {
  /** When offers were heard last, by any clock that goes on. */
  readonly heardAt: number;
  get(runId: string): Newest | undefined;
  /** What offers tell, heard now. */
  hear(offers: readonly Offer[], now: number): void;
  /** A task names the newest model of its run. */
  note(task: Task): void;
}

export function createNewestModels(): NewestModels {
  const known = new Map<string, Newest>();
  let heardAt = Number.NEGATIVE_INFINITY;
  const learn = (newest: Newest) => {
    const { runId } = newest.definition;
    if (newest.round >= (known.get(runId)?.round ?? 0)) known.set(runId, newest);
  };
  return {
    get: (runId) => known.get(runId),
    get heardAt() {
      return heardAt;
    },
    hear(offers, now) {
      for (const { definition, round, params } of offers) learn({ definition, round, params });
      heardAt = now;
    },
    note({ type, definition, round, params }) {
      // What is trained on is the model of the round before.
      learn({ definition, round: type === 'train' ? round - 1 : round, params });
    },
  };
}
