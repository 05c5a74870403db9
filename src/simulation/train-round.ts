/** One round's training in a simulation: clients on threads, their reports handed over one by one in a fixed order. */
import type { LocalWork, TrainResult } from '../learn/trainer.js';
import { seededRandom } from '../random.js';
import { checkReport } from '../round/check-report.js';
import type { LocalStore } from './local-store.js';
import type { TrainingPool } from './pool.js';
import type { Population } from './population.js';

/** A client's answer. `values` is only valid until the next answer is asked for. */
export type Answer =
  | {
      readonly type: 'trained';
      readonly clientId: number;
      readonly values: Float32Array;
      readonly result: TrainResult;
      readonly trainMs: number;
    }
  | { readonly type: 'failed'; readonly clientId: number; readonly reason: string };

/** What a round asks for. */
export interface RoundWork {
  readonly round: number;
  readonly cohort: readonly number[];
  readonly work: LocalWork;
  readonly reports: 'params' | 'update';
  readonly seed: number;
  /** What stays with the clients; what they train of it is in the store when they have answered. */
  readonly local?: LocalStore | undefined;
  /** A thread has begun with a client. */
  onTraining(clientId: number): void;
}

/**
 * Trains the cohort from `params` and yields every client's answer, in an order that depends on nothing but the
 * cohort: sums of floats do depend on order. Large clients go first, so that threads end together.
 *
 * Memory: one update a buffer of `buffers`, whatever the size of the cohort.
 */
export async function* trainRound(
  pool: TrainingPool,
  population: Population,
  params: Float32Array,
  round: RoundWork,
  buffers: readonly Float32Array[],
): AsyncGenerator<Answer> {
  const order = largestFirst(round.cohort, population);
  const free = [...buffers];
  const running: { answer: Promise<Answer>; buffer: Float32Array }[] = [];
  for (let next = 0; next < order.length || running.length > 0; ) {
    const clientId = order[next];
    const buffer = clientId === undefined ? undefined : free.pop();
    if (clientId !== undefined && buffer) {
      running.push({ answer: trainClient(pool, population, params, round, clientId, buffer), buffer });
      next++;
      continue;
    }
    const first = running.shift();
    if (!first) throw new RangeError('a round needs at least one buffer');
    yield await first.answer;
    free.push(first.buffer);
  }
}

async function trainClient(
  pool: TrainingPool,
  { clients }: Population,
  params: Float32Array,
  { round, work, reports, seed, local, onTraining }: RoundWork,
  clientId: number,
  out: Float32Array,
): Promise<Answer> {
  try {
    const examples = clients[clientId]?.train;
    if (!examples) throw new RangeError(`no client has the id ${clientId}`);
    const clientSeed = seededRandom(seed, 'client', clientId, 'round', round).uint32();
    const task = { params, examples, work, seed: clientSeed, reports, local: local?.of(clientId) };
    const { result, trainMs } = await pool.train(task, out, () => onTraining(clientId));
    checkReport(pool.layout, out, result.exampleCount);
    return { type: 'trained', clientId, values: out, result, trainMs };
  } catch (error) {
    return { type: 'failed', clientId, reason: error instanceof Error ? error.message : String(error) };
  }
}

function largestFirst(cohort: readonly number[], { summaries }: Population): number[] {
  const size = (clientId: number) => summaries[clientId]?.trainCount ?? 0;
  return cohort.toSorted((a, b) => size(b) - size(a) || a - b);
}
