/** What federation is compared with: the same model trained on pooled data, and by each client alone. */
import type { TrainTask } from '../client/train-task.js';
import type { Examples } from '../data/dataset.js';
import type { LocalWork } from '../learn/trainer.js';
import { seededRandom } from '../random.js';
import type { ClientTrained, RunEvent } from '../round/run-events.js';
import { isEvaluated } from '../round/stopping.js';
import { cohortSizeOf } from '../strategy/cohort.js';
import { evaluateOn } from './evaluate.js';
import type { SimulationPlan } from './plan.js';
import type { TrainingPool } from './pool.js';
import type { Population } from './population.js';

/** Examples of the server on which a model of the next token that a client trained alone is tested. */
const MOST_HELD_OUT = 2000;

/** What the baselines need of a run that has ended. */
export interface BaselineContext {
  readonly plan: SimulationPlan;
  readonly pool: TrainingPool;
  readonly population: Population;
  /** The parameters that the federation started from. */
  readonly initial: Float32Array;
  /** Rounds that the federation ran. */
  readonly rounds: number;
  /** What its clients did. */
  readonly trained: readonly ClientTrained[];
  /** At most so many clients train alone; absent: all. */
  readonly isolatedClients?: number;
  readonly signal: AbortSignal;
  emit(event: RunEvent): Promise<void>;
  /** Told in a sentence where a baseline could not be trained to its end: the run goes on without. */
  notify(notice: string): void;
}

/**
 * Central training: all clients' examples in one place. In each round it makes as many steps as the round's
 * clients made together (one client's number, where a step takes all examples), with the round's learning rate,
 * and is evaluated on the server's held-out data in the rounds in which the federation is.
 */
export async function trainCentral(context: BaselineContext): Promise<void> {
  const { plan, pool, population, rounds, emit } = context;
  let { current, next } = twoBuffers(pool, context.initial);
  const examples = pooled(population);
  await emit({
    type: 'central-evaluated',
    round: 0,
    metrics: await evaluateOn(pool, current, population.serverHeldOut),
  });
  const stepsOf = stepsPerRound(context.trained, plan.strategy.work(1).batchSize === 'full');
  for (let round = 1; round <= rounds; round++) {
    const steps = stepsOf.get(round);
    if (steps) {
      const work: LocalWork = { ...plan.strategy.work(round), amount: { steps } };
      const seed = seededRandom(plan.seed, 'central', round).uint32();
      const task = { params: current, examples, work, seed, reports: 'params' } as const;
      if (!(await trains(context, `central training ended in round ${round}`, task, next))) return;
      [current, next] = [next, current];
    }
    if (round < rounds && !isEvaluated(plan.stop, round, 0)) continue;
    const metrics = await evaluateOn(pool, current, population.serverHeldOut);
    await emit({ type: 'central-evaluated', round, metrics });
  }
}

/**
 * Isolated training: each client alone on its own examples, for as many rounds as it takes part in on average
 * (at least one), evaluated on the server's held-out data and on its own. With `isolatedClients`, that many
 * clients, drawn by the seed; where tokens are predicted, on at most 2,000 of the server's examples, drawn also,
 * since a model for each client costs as many evaluations.
 */
export async function trainIsolated(context: BaselineContext): Promise<void> {
  const { plan, pool, rounds, population, isolatedClients, notify } = context;
  const share = cohortSizeOf(plan.strategy.cohort, plan.population.length) / plan.population.length;
  const turns = rounds === 0 ? 0 : Math.max(1, Math.round(rounds * share));
  const waiting = drawn(plan.population, isolatedClients, plan.seed);
  const heldOut = heldOutSample(population, plan.seed);
  const [few, all] = [heldOut.indices, population.serverHeldOut.indices].map(({ length }) => length);
  if (waiting.length < plan.population.length || few !== all) {
    notify(
      `isolated training is of ${waiting.length} of ${plan.population.length} clients, tested on ${few} of ${all} held-out examples`,
    );
  }
  const pairs = Array.from({ length: pool.threads }, () => twoBuffers(pool, context.initial));
  await Promise.all(
    pairs.map(async (pair) => {
      for (let clientId = waiting.shift(); clientId !== undefined; clientId = waiting.shift()) {
        await trainAlone(context, clientId, heldOut, turns, Math.max(1, rounds / Math.max(1, turns)), pair);
      }
    }),
  );
}

async function trainAlone(
  context: BaselineContext,
  clientId: number,
  serverHeldOut: Examples,
  turns: number,
  roundsPerTurn: number,
  pair: { current: Float32Array; next: Float32Array },
): Promise<void> {
  const { plan, pool, population, initial, emit } = context;
  const client = population.clients[clientId];
  if (!client) return;
  const examples = client.train;
  let { current, next } = pair;
  current.set(initial);
  for (let turn = 1; turn <= turns; turn++) {
    const work = plan.strategy.work(Math.round((turn - 1) * roundsPerTurn) + 1);
    const seed = seededRandom(plan.seed, 'isolated', clientId, turn).uint32();
    const task = { params: current, examples, work, seed, reports: 'params' } as const;
    if (!(await trains(context, `client ${clientId} could not train alone`, task, next))) return;
    [current, next] = [next, current];
  }
  const metrics = await evaluateOn(pool, current, serverHeldOut);
  const own = client.heldOut.indices.length > 0;
  const ownMetrics = own ? { ownMetrics: await evaluateOn(pool, current, client.heldOut) } : {};
  await emit({ type: 'isolated-evaluated', clientId, metrics, ...ownMetrics });
}

/** Trains; where that fails, says so and returns false. */
async function trains(
  { pool, signal, notify }: BaselineContext,
  what: string,
  task: TrainTask,
  out: Float32Array,
): Promise<boolean> {
  try {
    await pool.train(task, out);
    return true;
  } catch (error) {
    // Threads are stopped with the signal: the run is to be resumed, and the baseline with it.
    if (signal.aborted) throw error;
    notify(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** So many of them, drawn by the seed, in their order. */
function drawn(clientIds: readonly number[], most = clientIds.length, seed: number): number[] {
  const order = seededRandom(seed, 'isolated', 'clients').shuffle([...clientIds]);
  return order.slice(0, most).toSorted((a, b) => a - b);
}

function heldOutSample({ serverHeldOut }: Population, seed: number): Examples {
  const { dataset, indices } = serverHeldOut;
  if (dataset.task !== 'next-token' || indices.length <= MOST_HELD_OUT) return serverHeldOut;
  const order = seededRandom(seed, 'isolated', 'held-out').shuffle(indices.slice());
  return { dataset, indices: order.slice(0, MOST_HELD_OUT).sort() };
}

function twoBuffers(
  pool: TrainingPool,
  initial: Float32Array,
): { current: Float32Array; next: Float32Array } {
  const current = pool.allocate();
  current.set(initial);
  return { current, next: pool.allocate() };
}

/** All clients' training examples, on shared memory. */
function pooled({ clients, datasets }: Population): Examples {
  const count = clients.reduce((sum, { train }) => sum + train.indices.length, 0);
  const indices = new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT));
  let at = 0;
  for (const { train } of clients) {
    indices.set(train.indices, at);
    at += train.indices.length;
  }
  return { dataset: datasets[0], indices };
}

function stepsPerRound(trained: readonly ClientTrained[], full: boolean): Map<number, number> {
  const steps = new Map<number, number>();
  for (const event of trained) {
    const before = steps.get(event.round) ?? 0;
    steps.set(event.round, full ? Math.max(before, event.steps) : before + event.steps);
  }
  return steps;
}
