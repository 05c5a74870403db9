/** Public face `tessera/learn`: models, and the trainer that compiles them; engines are in `tessera/engine`. */

export { copyEntries } from '../params/copy-entries.js';
export type { Engine, EngineSession, EngineTensor } from './engine.js';
export { exportModel } from './export-model.js';
export { freeze } from './frozen.js';
export { type ImportedModel, type ImportOptions, importModel } from './import-model.js';
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
} from './layers/activation.js';
export {
  type AttentionOptions,
  multiHeadAttention,
  positionalEmbedding,
  type TransformerOptions,
  transformerBlock,
} from './layers/attention.js';
export { type ConvolutionOptions, conv1d, conv2d } from './layers/convolution.js';
export { dense, flatten } from './layers/dense.js';
export { dropout } from './layers/dropout.js';
export { type EmbeddingOptions, embedding, tiedOutput } from './layers/embedding.js';
export type { Layer } from './layers/layer.js';
export {
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  type NormOptions,
} from './layers/normalization.js';
export {
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './layers/pooling.js';
export { type CifgOptions, cifg, gru, type LstmOptions, lastStep, lstm } from './layers/recurrent.js';
export { residual, sequence } from './layers/residual.js';
export { type LocalParams, localEntries } from './local-params.js';
export { type LoraModel, type LoraOptions, lora } from './lora.js';
export { type LossName, type LossSpec, lossNames } from './losses.js';
export { createModel, type Model, type ModelInput, modelNames } from './model.js';
export type { ExternalData } from './onnx-tensor.js';
export { createOnnxTrainer, type OnnxTrainerOptions } from './onnx-trainer.js';
export { createPredictor, type Predictor } from './predictor.js';
export { type SelfTestResult, selfTest } from './self-test.js';
export type {
  EvaluationSums,
  LocalOptimizer,
  LocalWork,
  TokenSums,
  TrainExtras,
  Trainer,
  TrainResult,
} from './trainer.js';
