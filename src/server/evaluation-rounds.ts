/** What is found of a round's model: by the server where it has data, else by clients on what they hold out. */
import type { Task as TaskKind } from '../data/dataset.js';
import { addSums, emptyTally } from '../learn/evaluation.js';
import type { EvaluationSums } from '../learn/trainer.js';
import type { BlobReference, EvaluationReport, Receipt } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import { metricsOf, spreadOf, spreadValue } from '../round/metrics.js';
import type { Metrics } from '../round/run-events.js';
import type { RoundMetrics } from './round-recorder.js';

/** What a client of an evaluation has to do. */
export interface EvaluationTask {
  readonly round: number;
  readonly params: BlobReference;
  readonly deadlineAt: number;
}

export interface EvaluationRounds {
  /** What is found; null where nobody can say. */
  evaluate(round: number, params: BlobReference, cohort: readonly number[]): Promise<RoundMetrics | null>;
  taskFor(clientIndex: number): EvaluationTask | undefined;
  /** Takes what a client has found. @throws {Refusal} `bad-request` when it does not fit the task. */
  receive(clientIndex: number, round: number, report: EvaluationReport): Receipt;
  /** This client will not report. */
  skip(clientIndex: number): void;
  /** Whoever waits gets nothing. */
  cancel(): void;
}

/** Nobody evaluates. */
export const noEvaluation: EvaluationRounds = {
  evaluate: () => Promise.resolve(null),
  taskFor: () => undefined,
  receive: () => ({ outcome: 'dropped', detail: 'this run is not evaluated by clients' }),
  skip: () => {},
  cancel: () => {},
};

/** The server evaluates. @param evaluate of the global model as it is now */
export function serverEvaluation(evaluate: () => Promise<Metrics>): EvaluationRounds {
  return { ...noEvaluation, evaluate: async () => ({ metrics: await evaluate() }) };
}

/** What an evaluation by clients needs. */
export interface ClientEvaluationContext {
  readonly task: TaskKind;
  readonly classCount: number;
  readonly deadlineMs: number;
  /** Clients with held-out examples that are there, those of the cohort first; not more than the cohort. */
  evaluators(cohort: readonly number[]): readonly number[];
  engage(clients: readonly number[]): void;
  release(clients: readonly number[]): void;
  now(): number;
}

interface OpenEvaluation extends EvaluationTask {
  readonly waiting: Set<number>;
  readonly found: Map<number, EvaluationSums>;
  readonly settle: () => void;
}

/** Clients evaluate the new model on what they hold out. */
export function clientEvaluation(context: ClientEvaluationContext): EvaluationRounds {
  const { task, classCount, deadlineMs, evaluators, engage, release, now } = context;
  let open: OpenEvaluation | undefined;

  const answered = (clientIndex: number) => {
    if (!open?.waiting.delete(clientIndex)) return;
    release([clientIndex]);
    if (open.waiting.size === 0) open.settle();
  };
  return {
    async evaluate(round, params, cohort) {
      const clients = evaluators(cohort);
      if (clients.length === 0) return null;
      const found = new Map<number, EvaluationSums>();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs);
        const settle = () => {
          clearTimeout(timer);
          resolve();
        };
        open = { round, params, deadlineAt: now() + deadlineMs, waiting: new Set(clients), found, settle };
        engage(clients);
      });
      release([...(open?.waiting ?? [])]);
      open = undefined;
      return metricsFrom([...found.values()], task, classCount);
    },
    taskFor: (clientIndex) => (open?.waiting.has(clientIndex) ? open : undefined),
    receive(clientIndex, round, report) {
      if (open?.round !== round || !open.waiting.has(clientIndex)) {
        return { outcome: 'dropped', detail: 'this evaluation is not needed, or not any more' };
      }
      open.found.set(clientIndex, sumsOf(report, task, classCount));
      answered(clientIndex);
      return { outcome: 'accepted', detail: `counted in the evaluation of round ${round}` };
    },
    skip: answered,
    cancel: () => open?.settle(),
  };
}

function metricsFrom(
  parts: readonly EvaluationSums[],
  task: TaskKind,
  classCount: number,
): RoundMetrics | null {
  if (parts.length === 0) return null;
  const classes = task === 'classification' ? classCount : 0;
  const total = (sums: readonly EvaluationSums[]) => {
    const tally = emptyTally(classes);
    for (const part of sums) addSums(tally, part);
    return metricsOf(tally, task, classes);
  };
  const metrics = total(parts);
  const spread = spreadOf(
    parts.map((part) => spreadValue(total([part]))),
    task !== 'regression',
  );
  return { metrics, federated: { metrics, spread } };
}

/** A client's figures, as sums that fit the task. */
function sumsOf(report: EvaluationReport, task: TaskKind, classCount: number): EvaluationSums {
  const { exampleCount, confusion, tokens } = report;
  const cells = task === 'classification' ? classCount ** 2 : 0;
  const counted = confusion.reduce((sum, count) => sum + count, 0);
  const fits =
    confusion.length === cells &&
    (cells === 0 || counted === exampleCount) &&
    (task !== 'next-token' ||
      (tokens !== undefined && tokens.top1 <= tokens.top3 && tokens.top3 <= tokens.count));
  if (!fits)
    throw new Refusal('bad-request', `the figures must be sums over ${exampleCount} examples of the task`);
  // A model that diverged has a loss that is no number, which JSON has as null.
  const number = (value: number | null) => value ?? Number.NaN;
  return {
    exampleCount,
    lossSum: number(report.lossSum),
    absoluteErrorSum: number(report.absoluteErrorSum),
    confusion,
    ...(tokens ? { tokens } : {}),
  };
}
