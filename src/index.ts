/** The public face of Tessera: names only. Parts of it, also for browsers, are in `tessera/learn` and the like. */

export { RefusedError } from './client/api.js';
export { type ClientEvent, describeEvent } from './client/client-events.js';
export type { Eligibility } from './client/eligibility.js';
export type { Acceptance } from './client/governance.js';
export type { JoinOptions, Participation } from './client/join.js';
export { join, type NodeJoinOptions } from './client/node/join.js';
export { joinVirtual } from './client/node/join-many.js';
export { leave } from './client/node/leave.js';
export type { ClientData } from './client/rounds.js';
export {
  createSuggester,
  type Suggester,
  type SuggesterOptions,
  type Suggestion,
  type Suggestions,
} from './client/suggest.js';
export { type CsvOptions, parseCsv } from './data/csv.js';
export { type DataSplit, type Dataset, type Examples, featureLength, type Task } from './data/dataset.js';
export { type DigitsOptions, generateDigits } from './data/digits.js';
export { type ClientExamples, type FederatedExamples, splitClients } from './data/held-out.js';
export { parseIdx } from './data/idx.js';
export { type Ngram, type NgramOptions, type NgramSums, trainNgram } from './data/ngram.js';
export { type Partition, partitionDataset } from './data/partition.js';
export { type PartitionSpec, parsePartition } from './data/partition-spec.js';
export {
  datasetOfTexts,
  type OwnedTexts,
  type TextDataset,
  type TextDatasetOptions,
} from './data/text-dataset.js';
export { createTokenizer, type Tokenizer } from './data/tokenizer.js';
export { characterVocabulary, hashedVocabulary, type Vocabulary, wordVocabulary } from './data/vocabulary.js';
export { englishVocabulary } from './data/word-list.js';
export { DATASET_NAMES, type LoadDatasetOptions, loadDataset } from './datasets/load-dataset.js';
export type { ChosenEngine, EngineKind, EngineOptions } from './engine/engine-options.js';
export { chooseEngine } from './engine/onnx-runtime.js';
export {
  ConfigError,
  FederatedError,
  ProtocolError,
  QuorumError,
  ShapeError,
  StoreError,
  TransportError,
} from './errors.js';
export type { Engine } from './learn/engine.js';
export {
  elu,
  gelu,
  hardSwish,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from './learn/layers/activation.js';
export {
  type AttentionOptions,
  multiHeadAttention,
  positionalEmbedding,
  type TransformerOptions,
  transformerBlock,
} from './learn/layers/attention.js';
export { type ConvolutionOptions, conv1d, conv2d } from './learn/layers/convolution.js';
export { dense, flatten } from './learn/layers/dense.js';
export { dropout } from './learn/layers/dropout.js';
export { type EmbeddingOptions, embedding, tiedOutput } from './learn/layers/embedding.js';
export type { Layer } from './learn/layers/layer.js';
export {
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  type NormOptions,
} from './learn/layers/normalization.js';
export {
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './learn/layers/pooling.js';
export { type CifgOptions, cifg, gru, type LstmOptions, lastStep, lstm } from './learn/layers/recurrent.js';
export { residual, sequence } from './learn/layers/residual.js';
export { type LoraModel, type LoraOptions, lora } from './learn/lora.js';
export { type LossName, type LossSpec, lossNames } from './learn/losses.js';
export { createModel, type Model, type ModelInput, modelNames } from './learn/model.js';
export { createOnnxTrainer, type OnnxTrainerOptions } from './learn/onnx-trainer.js';
export type {
  EvaluationSums,
  LocalOptimizer,
  LocalWork,
  TrainExtras,
  Trainer,
  TrainResult,
} from './learn/trainer.js';
export {
  createLayout,
  type Layout,
  type LayoutEntry,
  type ParamSpec,
  type Params,
  paramValues,
  zeros,
} from './params/layout.js';
export { decodeSafetensors, encodeSafetensors, readParams } from './params/safetensors.js';
export { type Random, seededRandom } from './random.js';
export type {
  CentralEvaluated,
  ClientFailed,
  ClientSpread,
  ClientSummary,
  ClientsEvaluated,
  ClientTrained,
  FederatedMetrics,
  IsolatedEvaluated,
  Metrics,
  NgramEvaluated,
  RoundFinished,
  RoundStarted,
  RunEvent,
  RunFinished,
  RunResumed,
  RunStarted,
  StopReason,
  SuggestionsSampled,
} from './round/run-events.js';
export type { MetricName, Progress } from './round/stopping.js';
export type { SimulationOptions } from './settings/simulation-options.js';
export type { SimulationHooks, SimulationResult } from './simulation/hooks.js';
export { type LoadedSuggester, loadSuggester } from './simulation/load-suggester.js';
export { resumeSimulation, simulate } from './simulation/simulate.js';
export { listRuns, type RunEntry, readModel, readRun, type StoredRun } from './store/stored-run.js';
export type { CohortRule } from './strategy/cohort.js';
export { type FedAvgOptions, fedAvg } from './strategy/fed-avg.js';
export type { DecaySchedule, Schedule, StepSchedule } from './strategy/schedule.js';
export type { Strategy } from './strategy/strategy.js';
export type { TrainerFactory } from './trainers/create-trainer.js';
