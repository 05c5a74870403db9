/** What any run can be told, simulated or served: the model, the training, when it ends. */
import * as v from 'valibot';
import type { Progress } from '../round/stopping.js';
import type { Schedule } from '../strategy/schedule.js';
import { integer, must, name, number, positive, schedule, share, text } from './checks.js';
import type { ValuesOf } from './parse-settings.js';

const OPTIMIZERS = ['sgd', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'] as const;
const METRICS = ['accuracy', 'top3Recall', 'perplexity', 'loss', 'meanAbsoluteError'] as const;

const batchSize = v.union(
  [v.literal('full'), integer('batchSize', 1)],
  must('batchSize', 'a positive integer or "full"'),
);

const target = v.strictObject(
  {
    metric: v.picklist(METRICS, must('target', `one of ${METRICS.join(', ')}`)),
    value: number('target', 'a finite number', () => true),
  },
  must('target', '{ metric, value }'),
);

/** The settings of a run. */
export const runEntries = {
  /** How many clients a round asks; a server asks more, and takes the first so many updates. */
  cohort: integer('cohort', 1),
  minimumClients: integer('minimumClients', 1),
  /** One of `modelNames`, or the path of an `.onnx` file. */
  model: text('model'),
  /** A safetensors file to start from. */
  init: text('init'),
  strategy: v.picklist(['fedavg'], must('strategy', 'fedavg')),
  reports: v.picklist(['params', 'update'], must('reports', 'params or update')),
  serverLearningRate: positive('serverLearningRate'),
  serverMomentum: schedule('serverMomentum', share, 'a number from 0 to below 1'),
  rounds: integer('rounds', 0),
  /** Rounds from one evaluation to the next; the last round is always evaluated. */
  evaluateEvery: integer('evaluateEvery', 1),
  target,
  plateau: v.strictObject(
    {
      patience: integer('plateau.patience', 1),
      minChange: number('plateau.minChange', '0 or more', (value) => value >= 0),
    },
    must('plateau', '{ patience, minChange }'),
  ),
  maxSeconds: positive('maxSeconds'),
  localEpochs: schedule('localEpochs'),
  localSteps: schedule('localSteps'),
  batchSize,
  learningRate: schedule('learningRate'),
  /** Of the clients; `nesterov` is SGD with Nesterov's momentum. */
  optimizer: v.picklist(OPTIMIZERS, must('optimizer', `one of ${OPTIMIZERS.join(', ')}`)),
  gradientClippingNorm: positive('gradientClippingNorm'),
  momentum: share('momentum'),
  weightDecay: number('weightDecay', '0 or more', (value) => value >= 0),
  seed: integer('seed', 0),
  engine: v.picklist(['native', 'wasm'], must('engine', 'native or wasm')),
  /** The run's name, and that of its directory. */
  name: name('name'),
};

type Values = ValuesOf<typeof runEntries>;

/** What holds for every run that leaves it out. */
export const runDefaults = {
  model: '2nn',
  strategy: 'fedavg',
  reports: 'params',
  rounds: 20,
  batchSize: 10,
  learningRate: 0.1,
  seed: 1,
} as const satisfies Partial<Values>;

/** The settings of a run, its defaults filled in. */
export type RunSettings = Partial<Values> &
  Pick<Values, keyof typeof runDefaults> & {
    readonly learningRate: Schedule;
    readonly localEpochs?: Schedule;
    readonly localSteps?: Schedule;
    /** A share of the population in place of a `cohort`. */
    readonly samplingRate?: number | undefined;
    /** Ends the run when it returns true. */
    readonly stopWhen?: ((progress: Progress) => boolean) | undefined;
  };
