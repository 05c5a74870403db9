/**
 * What a client accepts of a server: pins that no task may fall short of, and the approval of a person.
 *
 * Threat model: the server, or who took it over, asks for more than was agreed: another graph (one built so that the
 * update gives examples away), longer or finer training, a smaller cohort, no noise. Pins are checked on the client
 * against every task, before anything is trained. What a pin cannot show is whether the server keeps the promises in
 * `privacy` about its own half: only secure aggregation does not rest on its word.
 */
import { ConfigError } from '../errors.js';
import type { LocalWork } from '../learn/trainer.js';
import type { Task, TaskDefinition } from '../protocol/messages.js';
import type { Approve } from './approval.js';
import type { Verdict } from './verdict.js';

/** Bounds on what a client is asked to do in one round; see `LocalWork`. */
export interface WorkPins {
  readonly maxEpochs?: number;
  readonly maxSteps?: number;
  readonly maxLearningRate?: number;
  /** Updates from few examples at a time give more of each away. A batch of all examples is as large as any. */
  readonly minBatchSize?: number;
  /** A batch of all examples is not below any bound. */
  readonly maxBatchSize?: number;
}

/** The least that a task must promise. */
export interface PrivacyPins {
  readonly minimumCohort?: number;
  readonly differentialPrivacy?: true;
  readonly secureAggregation?: true;
}

/** What a client accepts; what is absent is not asked for. */
export interface Acceptance {
  /** Graphs, by the hash that `graphHash` gives. */
  readonly graphSha256?: readonly string[];
  /** Models, by name. A name promises nothing by itself: the graph does. */
  readonly models?: readonly string[];
  readonly reports?: TaskDefinition['reports'];
  readonly work?: WorkPins;
  readonly privacy?: PrivacyPins;
  /** Asked before every task that keeps to all pins, so that an approval can be taken back. Absent: nobody is asked. */
  readonly approve?: Approve;
}

const HASH = /^[0-9a-f]{64}$/;

/** Whether a task keeps to every pin; if not, names the first that it does not keep to. */
export function checkTask(acceptance: Acceptance, task: Task): Verdict {
  const reason =
    ofOtherRun(task) ??
    otherGraph(acceptance, task.definition) ??
    otherReport(acceptance, task.definition) ??
    weakerPrivacy(acceptance.privacy ?? {}, task.definition.privacy) ??
    (task.type === 'train' ? moreWork(acceptance.work ?? {}, task.work) : undefined);
  return reason === undefined ? { accepted: true } : { accepted: false, reason };
}

/**
 * Checks the pins themselves: a misspelt one must not pass as none.
 *
 * @throws {ConfigError} naming the first that is unknown or out of its range.
 */
export function checkAcceptance(acceptance: Acceptance): void {
  const { graphSha256 = [], work = {}, privacy = {} } = acceptance;
  checkNames('acceptance', acceptance, ['graphSha256', 'models', 'reports', 'work', 'privacy', 'approve']);
  checkNames('work', work, ['maxEpochs', 'maxSteps', 'maxLearningRate', 'minBatchSize', 'maxBatchSize']);
  checkNames('privacy', privacy, ['minimumCohort', 'differentialPrivacy', 'secureAggregation']);
  for (const hash of graphSha256) {
    if (!HASH.test(hash)) {
      throw new ConfigError(`graphSha256 must be 64 hexadecimal digits in lower case, got "${hash}"`);
    }
  }
  for (const name of ['differentialPrivacy', 'secureAggregation'] as const) {
    if (privacy[name] !== undefined && privacy[name] !== true) {
      throw new ConfigError(`${name} must be true or left out, got ${privacy[name]}`);
    }
  }
  const { maxLearningRate = 1, ...counts } = work;
  for (const [name, count] of Object.entries({ ...counts, minimumCohort: privacy.minimumCohort })) {
    if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) {
      throw new ConfigError(`${name} must be a positive integer, got ${count}`);
    }
  }
  if (!(maxLearningRate > 0 && maxLearningRate < Infinity)) {
    throw new ConfigError(`maxLearningRate must be a positive finite number, got ${maxLearningRate}`);
  }
}

function checkNames<T extends object>(
  argument: string,
  value: T,
  names: readonly (keyof T & string)[],
): void {
  const unknown = Object.keys(value).find((name) => !(names as readonly string[]).includes(name));
  if (unknown === undefined) return;
  const known = names.join(', ').replace(/, ([^,]*)$/, ' or $1');
  throw new ConfigError(`${argument} must have ${known}, got "${unknown}"`);
}

/** An approval of one run must not cover a task of another. */
function ofOtherRun({ runId, definition }: Task): string | undefined {
  if (runId === definition.runId) return undefined;
  return `the task is of run "${runId}", its definition of "${definition.runId}"`;
}

function otherGraph({ graphSha256, models }: Acceptance, { model }: TaskDefinition): string | undefined {
  if (models && !models.includes(model.name)) {
    return `the model must be ${models.join(' or ')}, the task has ${model.name}`;
  }
  if (graphSha256 && !graphSha256.includes(model.graphSha256)) {
    return `the model's graph must be ${graphSha256.join(' or ')}, the task has ${model.graphSha256}`;
  }
  return undefined;
}

function otherReport({ reports }: Acceptance, definition: TaskDefinition): string | undefined {
  if (reports === undefined || reports === definition.reports) return undefined;
  return `the client reports ${reports} only, the task asks for ${definition.reports}`;
}

/** Written so that what is no number, or no boolean, falls short too. */
function weakerPrivacy(pins: PrivacyPins, privacy: TaskDefinition['privacy']): string | undefined {
  const { minimumCohort } = privacy;
  if (pins.minimumCohort !== undefined && !(minimumCohort >= pins.minimumCohort)) {
    return `updates must be combined with those of at least ${pins.minimumCohort} clients, the task promises ${minimumCohort}`;
  }
  if (pins.differentialPrivacy && privacy.differentialPrivacy !== true) {
    return 'the task must have differential privacy, it has none';
  }
  if (pins.secureAggregation && privacy.secureAggregation !== true) {
    return 'the task must have secure aggregation, it has none';
  }
  return undefined;
}

function moreWork(pins: WorkPins, work: LocalWork): string | undefined {
  const { batchSize, learningRate } = work;
  const batch = batchSize === 'full' ? Infinity : batchSize;
  return (
    longer(pins, work) ??
    above('the learning rate', learningRate, pins.maxLearningRate) ??
    above('the batch size', batch, pins.maxBatchSize, batchSize) ??
    (pins.minBatchSize === undefined || batch >= pins.minBatchSize
      ? undefined
      : `the batch size must be at least ${pins.minBatchSize}, the task asks for ${batchSize}`)
  );
}

/** A bound in one unit is none for work in the other: how many steps an epoch has the server knows, too. */
function longer({ maxEpochs, maxSteps }: WorkPins, { amount }: LocalWork): string | undefined {
  if (maxEpochs === undefined && maxSteps === undefined) return undefined;
  if ('steps' in amount) {
    return maxSteps === undefined
      ? `the work must be given in epochs, the task asks for ${amount.steps} steps`
      : above('the number of steps', amount.steps, maxSteps);
  }
  return maxEpochs === undefined
    ? `the work must be given in steps, the task asks for ${amount.epochs} epochs`
    : above('the number of epochs', amount.epochs, maxEpochs);
}

function above(
  what: string,
  value: number,
  most = Infinity,
  shown: number | string = value,
): string | undefined {
  return value <= most ? undefined : `${what} must be at most ${most}, the task asks for ${shown}`;
}
