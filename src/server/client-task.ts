/** One client's part of the open round, as it is told. */
import type { LocalWork } from '../learn/trainer.js';
import type { BlobReference, Task } from '../protocol/messages.js';
import { seededRandom } from '../random.js';
import type { EvaluationTask } from './evaluation-rounds.js';
import type { RoundHostContext } from './round-host-context.js';

/** The open round as its clients see it. */
interface OpenTask {
  readonly round: number;
  /** Absent before the first round of training: then it is that of the next. */
  readonly work: LocalWork | undefined;
  readonly model: BlobReference;
  /** As `now` of the host. */
  readonly deadlineAt: number;
}

/** @param evaluation what it has to evaluate; absent: it trains */
export function clientTask(
  { plan, definition, now }: Pick<RoundHostContext, 'plan' | 'definition' | 'now'>,
  { round, work, model, deadlineAt }: OpenTask,
  evaluation: EvaluationTask | undefined,
  clientIndex: number,
): Task {
  return {
    type: evaluation ? 'evaluate' : 'train',
    runId: definition.runId,
    round: evaluation?.round ?? round,
    definition,
    params: evaluation?.params ?? model,
    work: work ?? plan.strategy.work(Math.max(1, round)),
    seed: seededRandom(plan.seed, 'client', clientIndex, 'round', round).uint32(),
    deadlineMs: Math.max(0, Math.round((evaluation?.deadlineAt ?? deadlineAt) - now())),
  };
}
