/** Public face `tessera/learn`: models, and the trainer that compiles them; engines are in `tessera/engine`. */
export type { Engine, EngineSession, EngineTensor } from './engine.js';
export { exportModel } from './export-model.js';
export { type ImportOptions, importModel } from './import-model.js';
export {
  type Conv2dOptions,
  conv2d,
  dense,
  dropout,
  flatten,
  type Layer,
  maxPool,
  relu,
} from './layers.js';
export { type LossName, losses } from './losses.js';
export { createModel, type Model, type ModelInput, modelNames } from './model.js';
export type { ExternalData } from './onnx-tensor.js';
export { createOnnxTrainer, type OnnxTrainerOptions } from './onnx-trainer.js';
export type { EvaluationSums, LocalOptimizer, LocalWork, Trainer, TrainResult } from './trainer.js';
