/** Public face `tessera/learn`: models, and the trainer that compiles them; engines are in `tessera/engine`. */
export type { Engine, EngineSession, EngineTensor } from './engine.js';
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
export { createOnnxTrainer, type OnnxTrainerOptions } from './onnx-trainer.js';
export type { EvaluationSums, LocalWork, Trainer, TrainResult } from './trainer.js';
