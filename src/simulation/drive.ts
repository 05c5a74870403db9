/** Carries out what the round's state machine commands, in a simulation. */
import { createWeightedSum, fold, reset, writeMean } from '../aggregate/weighted-mean.js';
import { createLayout } from '../params/layout.js';
import { encodeSafetensors } from '../params/safetensors.js';
import { advance, restoredRun } from '../round/round.js';
import type { Metrics, RunEvent, StopReason } from '../round/run-events.js';
import { type Command, createdRun, type RunInput, type RunState } from '../round/run-state.js';
import { isEvaluated, type RunProgress } from '../round/stopping.js';
import { publishRound, startTally } from '../store/publish-round.js';
import type { RunDirectory } from '../store/run-directory.js';
import { paramsOfServerState } from '../strategy/server-state.js';
import type { ServerState } from '../strategy/strategy.js';
import { evaluateRound } from './evaluate-round.js';
import type { SimulationWatcher } from './hooks.js';
import type { LocalStore } from './local-store.js';
import type { SimulationPlan } from './plan.js';
import type { TrainingPool } from './pool.js';
import type { Population } from './population.js';
import { type Answer, trainRound } from './train-round.js';

/** Update buffers a thread: one it works on, one that waits its turn. */
const BUFFERS_PER_THREAD = 2;

/** Everything a run needs. */
export interface RunContext {
  readonly plan: SimulationPlan;
  readonly pool: TrainingPool;
  readonly population: Population;
  readonly run: RunDirectory;
  /** The global model, from `pool.allocate()`; moved in place. */
  readonly global: Float32Array;
  /** What stays with the clients; absent: nothing. Moved in place. */
  readonly local?: LocalStore | undefined;
  /** What the strategy keeps between rounds. Moved in place. */
  readonly server: ServerState;
  /** Where a resumed run stands. */
  readonly progress: RunProgress | null;
  readonly signal: AbortSignal;
  readonly watcher?: SimulationWatcher | undefined;
  emit(event: RunEvent): Promise<void>;
}

/** How a run ended. */
export interface DriveResult {
  readonly reason: StopReason;
  readonly rounds: number;
  readonly metrics: Metrics;
  readonly bestRound: number;
  readonly elapsedMs: number;
}

/** Runs rounds until the plan, or the signal, ends them. */
export async function driveRun(context: RunContext): Promise<DriveResult> {
  const { plan, pool, population, run, global, local, server, signal, watcher, emit } = context;
  const modelBytes = bytesOnTheWay(pool, local);
  const sum = createWeightedSum(pool.layout.size);
  const mean = new Float32Array(pool.layout.size);
  const buffers = Array.from({ length: pool.threads * BUFFERS_PER_THREAD }, () => pool.allocate());
  const queue: Command[] = [];
  let state: RunState = createdRun;
  let tally = startTally(0);
  let reason: StopReason | undefined;
  let metrics = context.progress?.metrics;
  /** Whether the model has changed since it was evaluated. */
  let moved = context.progress?.evaluatedRound !== context.progress?.round;

  const take = ({ state: next, commands }: { state: RunState; commands: readonly Command[] }) => {
    state = next;
    watcher?.stateChanged(state);
    queue.push(...commands);
  };
  const deliver = (input: RunInput) => take(advance(plan, state, input));

  const hear = async (round: number, answer: Answer) => {
    const { clientId } = answer;
    if (answer.type === 'failed') {
      tally.failed++;
      watcher?.clientDoes(clientId, 'failed');
      await emit({ type: 'client-failed', round, clientId, reason: answer.reason });
      return deliver({ type: 'client-failed', round, clientId });
    }
    const { exampleCount, steps, loss } = answer.result;
    const { state: next, commands } = advance(plan, state, {
      type: 'update-arrived',
      round,
      clientId,
      weight: exampleCount,
    });
    // At once: the buffer that holds the update serves the next client after this one.
    const [first, ...others] = commands;
    take({ state: next, commands: others });
    if (first?.type !== 'fold') return;
    fold(sum, answer.values, first.weight);
    tally.trained++;
    tally.exampleCount += exampleCount;
    tally.lossSum += loss * exampleCount;
    watcher?.clientDoes(clientId, 'done');
    await emit({
      type: 'client-trained',
      round,
      clientId,
      exampleCount,
      steps,
      loss,
      trainMs: answer.trainMs,
    });
  };

  const publish = async (round: number) => {
    const before = state.progress?.elapsedMs ?? 0;
    const evaluated = isEvaluated(plan.stop, round, before + performance.now() - tally.startedAt);
    moved ||= tally.failure === undefined;
    const found = evaluated
      ? await evaluateRound(context, state.cohort, moved ? undefined : metrics)
      : undefined;
    if (signal.aborted) return;
    // Not the clients' fault: the run is to be resumed, not recorded as failed rounds.
    if (pool.broken) throw pool.broken;
    if (found) {
      metrics = found.metrics;
      moved = false;
    }
    const outcome = {
      round,
      tally,
      found,
      model: encodeSafetensors({ layout: pool.layout, values: global }, { round: String(round) }),
      local: local?.all(),
      server: paramsOfServerState(server, pool.layout),
      downBytes: tally.cohortSize * modelBytes,
      upBytes: tally.trained * modelBytes,
    };
    await publishRound(run, outcome, {
      emit,
      noted({ wallMs }) {
        deliver({ type: 'evaluated', round, metrics: found?.metrics ?? null, elapsedMs: before + wallMs });
        return state.progress?.bestRound ?? round;
      },
    });
  };

  const execute = async (command: Command): Promise<void> => {
    switch (command.type) {
      case 'assign': {
        tally = startTally(command.cohort.length);
        reset(sum);
        const { reports } = plan.strategy;
        watcher?.roundBegan(command.round, command.cohort);
        const onTraining = (clientId: number) => watcher?.clientDoes(clientId, 'training');
        const work = { ...command, reports, seed: plan.seed, local, onTraining };
        for await (const answer of trainRound(pool, population, global, work, buffers)) {
          if (signal.aborted) return;
          await hear(command.round, answer);
        }
        return;
      }
      case 'aggregate':
        writeMean(sum, mean);
        plan.strategy.apply(global, mean, server, command.round);
        return;
      case 'fail-round':
        tally.failure = command.reason;
        return;
      case 'evaluate':
        return publish(command.round);
      case 'finish':
        reason = command.reason;
        return;
      case 'fold':
      case 'discard':
        return;
      case 'delay':
      case 'select':
      case 'dismiss':
        throw new RangeError(`a simulation must not be asked to ${command.type}: its clients are all there`);
      default:
        return command satisfies never;
    }
  };

  if (context.progress) take(restoredRun(plan, context.progress));
  else deliver({ type: 'started' });
  while (reason === undefined) {
    if (signal.aborted && state.phase !== 'finished') {
      queue.length = 0;
      deliver({ type: 'stop-requested' });
    }
    const command = queue.shift();
    if (!command) throw new RangeError('a run that has not finished must have something to do');
    await execute(command).catch((error: unknown) => {
      // Threads are stopped with the signal, in the middle of what they do.
      if (!signal.aborted) throw error;
    });
  }
  return {
    reason,
    rounds: state.progress?.round ?? 0,
    metrics: metrics ?? { exampleCount: 0, loss: Number.NaN },
    bestRound: state.progress?.bestRound ?? 0,
    elapsedMs: state.progress?.elapsedMs ?? 0,
  };
}

/** Bytes of a model as it goes from server to client or back: what stays with clients never does. */
function bytesOnTheWay({ layout }: TrainingPool, local: LocalStore | undefined): number {
  const staying = new Set(local?.entries.map(({ name }) => name));
  const shared = local ? createLayout(layout.entries.filter(({ name }) => !staying.has(name))) : layout;
  return encodeSafetensors({ layout: shared, values: new Float32Array(shared.size) }).length;
}
