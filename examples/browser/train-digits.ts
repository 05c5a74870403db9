/** Trains a small net on drawn digits, wherever this code runs: in a Worker, in a page, in Node. */
import { generateDigits } from 'tessera/data';
import { chooseEngine, type EngineOptions } from 'tessera/engine';
import { createModel, createOnnxTrainer } from 'tessera/learn';

/** What is trained, for how long, and on which engine. */
export interface TrainOptions {
  readonly engine: EngineOptions;
  readonly model: string;
  readonly trainCount: number;
  readonly testCount: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** What is told on the way. */
export type Progress =
  | { readonly type: 'ready'; readonly engineName: string; readonly notice: string | undefined }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      /** Mean loss of the epoch's steps. */
      readonly loss: number;
      /** On test digits, 0 to 1. */
      readonly accuracy: number;
      readonly examplesPerSecond: number;
    };

/** Trains, and calls `onProgress` before the first epoch and after each. */
export async function trainDigits(
  options: TrainOptions,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const { trainCount, testCount, epochs, batchSize } = options;
  const { engine, notice } = await chooseEngine(options.engine);
  const { train, test = train } = generateDigits({ trainCount, testCount, seed: 1 });
  const { featureShape, task, classNames } = train;
  const model = createModel(options.model, { featureShape, task, classCount: classNames.length });
  const trainer = createOnnxTrainer(engine, model);
  const all = { dataset: train, indices: Uint32Array.from(train.labels.keys()) };
  const held = { dataset: test, indices: Uint32Array.from(test.labels.keys()) };
  const work = {
    amount: { epochs: 1 },
    batchSize,
    learningRate: 0.02,
    momentum: 0,
    weightDecay: 0,
  };
  const params = new Float32Array(trainer.layout.size);
  await trainer.initialParams(1, params);
  onProgress({ type: 'ready', engineName: engine.name, notice });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const started = performance.now();
    const { loss, exampleCount } = await trainer.train(params, all, work, epoch, params);
    const examplesPerSecond = (1000 * exampleCount) / (performance.now() - started);
    const { confusion } = await trainer.evaluate(params, held);
    const right = classNames.reduce((sum, _, at) => sum + (confusion[at * (classNames.length + 1)] ?? 0), 0);
    onProgress({ type: 'epoch', epoch, loss, accuracy: right / testCount, examplesPerSecond });
  }
  await trainer.dispose?.();
}
