/** Drives the round's state machine with lists of events. */
import { advance } from '../../src/round/round.js';
import type { RunPlan } from '../../src/round/run-plan.js';
import { type Command, createdRun, type RunInput, type RunState } from '../../src/round/run-state.js';
import type { StopRules } from '../../src/round/stopping.js';
import { type FedAvgOptions, fedAvg } from '../../src/strategy/fed-avg.js';

export function planOf(clients: number, options: FedAvgOptions = {}, stop: Partial<StopRules> = {}): RunPlan {
  return {
    strategy: fedAvg(options),
    stop: { rounds: 3, metric: 'accuracy', ...stop },
    population: Array.from({ length: clients }, (_, clientId) => clientId),
    seed: 5,
  };
}

/** A plan for a population that comes and goes: cohorts of 3 of whom 1 must answer, but for what options say. */
export function wildPlan(
  more: Partial<Omit<RunPlan, 'strategy'>> = {},
  options: FedAvgOptions = {},
  stop: Partial<StopRules> = {},
): RunPlan {
  const { strategy, stop: rules, seed } = planOf(1, { cohort: { cohortSize: 3 }, ...options }, stop);
  return { strategy, stop: rules, seed, ...more };
}

/** Clients that are available, by id. */
export const candidates = (round: number, clientIds: readonly number[], waitedMs = 0): RunInput => ({
  type: 'candidates',
  round,
  candidates: clientIds.map((clientId) => ({ clientId })),
  waitedMs,
});
export const evaluated = (round: number, accuracy = 0.5): RunInput => ({
  type: 'evaluated',
  round,
  metrics: { exampleCount: 10, loss: 1, accuracy },
  elapsedMs: round * 1000,
});
export const updated = (round: number, clientId: number, weight = 1): RunInput => ({
  type: 'update-arrived',
  round,
  clientId,
  weight,
});
export const failed = (round: number, clientId: number): RunInput => ({
  type: 'client-failed',
  round,
  clientId,
});

/** Delivers events one after another; returns the last state and the commands that each event brought. */
export function drive(plan: RunPlan, events: readonly RunInput[], from: RunState = createdRun) {
  let state = from;
  const commands: (readonly Command[])[] = events.map((event) => {
    const next = advance(plan, state, event);
    state = next.state;
    return next.commands;
  });
  return { state, commands };
}

export const toRound1: readonly RunInput[] = [{ type: 'started' }, evaluated(0)];
