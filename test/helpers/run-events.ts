/** Made-up but plausible run logs, for tests of what reads a log. */

import { type Random, seededRandom } from '../../src/random.js';
import type {
  ClientSpread,
  ClientSummary,
  Metrics,
  RoundFinished,
  RunEvent,
} from '../../src/round/run-events.js';

/** What the made-up run looks like. */
export interface FakeRun {
  readonly clients?: number;
  readonly rounds?: number;
  readonly classes?: number;
  /** Asked in each round [10]. */
  readonly cohort?: number;
  readonly baselines?: boolean;
  readonly task?: 'classification' | 'regression';
  /** Rounds that failed; the model stands still in them. */
  readonly failedRounds?: readonly number[];
  /** Leaves out the end: no client evaluation, no `run-finished`. */
  readonly unfinished?: boolean;
  readonly reason?: 'rounds' | 'target' | 'interrupted';
}

/** The log of a made-up run of a server that knows neither its clients nor their data, and evaluates nothing. */
export function unevaluatedRun(options: FakeRun = {}): RunEvent[] {
  return fakeRun(options).flatMap((event): RunEvent[] => {
    if (event.type === 'run-started') return [{ ...event, clients: [], trainCount: 0, heldOutCount: 0 }];
    if (event.type === 'clients-evaluated') return [];
    if (event.type === 'run-finished') {
      const { metrics: _, ...rest } = event;
      return [rest];
    }
    if (event.type !== 'round-finished') return [event];
    const { metrics: _, federated: __, cohortSize, ...rest } = event;
    const asked: RunEvent = {
      type: 'round-started',
      round: event.round,
      time: 1_700_000_000_000,
      cohort: Array.from({ length: cohortSize + 3 }, (_, clientId) => clientId),
      goal: cohortSize,
      deadlineMs: 60_000,
    };
    const finished: RoundFinished = { ...rest, cohortSize: cohortSize + 3, surplusCount: 3 };
    return event.round === 0 ? [{ ...rest, cohortSize: 0 }] : [asked, finished];
  });
}

/** The log of one made-up run; equal arguments give equal logs. */
export function fakeRun(options: FakeRun = {}): RunEvent[] {
  const { clients = 10, rounds = 30, classes = 10, task = 'classification' } = options;
  const random = seededRandom(7, 'fake-run', clients, rounds);
  const world: World = { random, classes, task, cohort: options.cohort ?? 10 };
  const members = fakeClients(world, clients);
  const events: RunEvent[] = [
    {
      type: 'run-started',
      runId: 'quiet-otter-4f1c',
      time: 1_700_000_000_000,
      model: task === 'regression' ? 'linear' : '2nn',
      parameterCount: 199_210,
      task,
      classNames: task === 'regression' ? [] : Array.from({ length: classes }, (_, label) => String(label)),
      trainCount: members.reduce((total, client) => total + client.trainCount, 0),
      heldOutCount: 2000,
      exampleBytes: 3136,
      rounds,
      clients: members,
      engine: 'onnxruntime-node',
    },
  ];
  let skill = 0;
  let final = fakeMetrics(world, 0, 2000);
  for (let round = 0; round <= rounds; round++) {
    const failed = options.failedRounds?.includes(round) ?? false;
    if (round > 0 && !failed) skill = 1 - Math.exp((-4.2 * round) / rounds);
    final = fakeMetrics(world, skill, 2000);
    events.push(...fakeRound(world, members, round, final, skill, failed));
    if (options.baselines) {
      events.push({
        type: 'central-evaluated',
        round,
        metrics: fakeMetrics(world, Math.min(1, skill * 1.03), 2000),
      });
    }
  }
  if (options.baselines) {
    for (const { clientId } of members) {
      const metrics = fakeMetrics(world, 0.55 + 0.3 * random.float(), 2000);
      events.push({ type: 'isolated-evaluated', clientId, metrics, ownMetrics: metrics });
    }
  }
  if (options.unfinished) return events;
  const values = members.map((client) => ({
    clientId: client.clientId,
    exampleCount: client.heldOutCount,
    value: task === 'regression' ? 1 + random.float() : 0.9 + 0.1 * random.float(),
  }));
  events.push(
    {
      type: 'clients-evaluated',
      round: rounds,
      metrics: final,
      spread: fakeSpread(
        values.map(({ value }) => value),
        task,
      ),
      clients: values,
    },
    {
      type: 'run-finished',
      reason: options.reason ?? 'rounds',
      rounds,
      metrics: final,
      bestRound: rounds,
      wallMs: rounds * 840 + 900,
    },
  );
  return events;
}

interface World {
  readonly random: Random;
  readonly classes: number;
  readonly cohort: number;
  readonly task: 'classification' | 'regression';
}

function fakeClients({ random, classes, task }: World, count: number): ClientSummary[] {
  return Array.from({ length: count }, (_, clientId) => {
    const shares = Array.from({ length: classes }, () => random.gamma(0.4));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const size = 80 + random.integer(520);
    const labelCounts = shares.map((share) => Math.round((share / total) * size));
    const trainCount = labelCounts.reduce((sum, labels) => sum + labels, 0);
    const summary = {
      clientId,
      name: `client ${clientId}`,
      trainCount,
      heldOutCount: Math.ceil(trainCount / 9),
    };
    return task === 'regression' ? summary : { ...summary, labelCounts };
  });
}

function fakeMetrics({ random, classes, task }: World, skill: number, exampleCount: number): Metrics {
  const noise = 0.01 * random.normal();
  if (task === 'regression') {
    const meanAbsoluteError = 9 - 7.4 * skill + noise;
    return { exampleCount, loss: meanAbsoluteError ** 2 * 1.3, meanAbsoluteError };
  }
  const each = Math.floor(exampleCount / classes);
  const confusionMatrix = Array.from({ length: classes }, (_, label) => {
    const row = Array.from({ length: classes }, () => 0);
    const right = Math.min(1, Math.max(0, 1 / classes + skill * 0.88 + noise - 0.03 * random.float()));
    row[label] = Math.round(each * right);
    for (let left = each - row[label]!; left > 0; left--) {
      const other = (label + 1 + Math.floor((classes - 1) * random.float() ** 2)) % classes;
      row[other] = row[other]! + 1;
    }
    return row;
  });
  const perClassAccuracy = confusionMatrix.map((row, label) => row[label]! / each);
  const accuracy = perClassAccuracy.reduce((sum, value) => sum + value, 0) / classes;
  return {
    exampleCount: each * classes,
    loss: 2.4 * (1.02 - accuracy) + 0.05,
    accuracy,
    perClassAccuracy,
    confusionMatrix,
  };
}

function fakeSpread(values: readonly number[], task: World['task']): ClientSpread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const sorted = [...values].sort((a, b) => (task === 'regression' ? b - a : a - b));
  const worst = sorted[0]!;
  return { clientCount: values.length, mean, variance, worst, best: sorted.at(-1)!, worstDecile: worst };
}

function fakeRound(
  world: World,
  members: readonly ClientSummary[],
  round: number,
  metrics: Metrics,
  skill: number,
  failed: boolean,
): RunEvent[] {
  const { random, task } = world;
  const cohort = members.slice(0, world.cohort);
  const events: RunEvent[] = [];
  let failedCount = 0;
  for (const { clientId, trainCount } of round === 0 ? [] : cohort) {
    if (failed || random.float() < 0.02) {
      failedCount++;
      events.push({ type: 'client-failed', round, clientId, reason: 'the client did not answer' });
    } else {
      const loss = metrics.loss * 0.9;
      events.push({
        type: 'client-trained',
        round,
        clientId,
        exampleCount: trainCount,
        steps: 40,
        loss,
        trainMs: 60,
      });
    }
  }
  const trainedCount = round === 0 ? 0 : cohort.length - failedCount;
  const local = fakeMetrics(world, skill * 0.97, 200);
  const centre = task === 'regression' ? local.loss : local.accuracy!;
  const values = cohort.map(() =>
    task === 'regression'
      ? centre * (0.8 + 0.4 * random.float())
      : Math.min(1, Math.max(0, centre + 0.06 * (random.float() - 0.6))),
  );
  const finished: RoundFinished = {
    type: 'round-finished',
    round,
    outcome: failed ? 'failed' : 'aggregated',
    ...(failed && { reason: `0 of ${cohort.length} clients answered, at least 2 must` }),
    cohortSize: cohort.length,
    trainedCount,
    failedCount,
    ...(trainedCount > 0 && { trainLoss: metrics.loss * 0.88 }),
    metrics,
    federated: { metrics: local, spread: fakeSpread(values, task) },
    downBytes: cohort.length * 796_840,
    upBytes: trainedCount * 796_840,
    wallMs: 700 + 300 * random.float(),
    modelSha256: '0'.repeat(64),
  };
  return [...events, finished];
}
