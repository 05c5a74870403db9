/** Drawn digits as clients with different sensors see them: a CSV file, and a small model with batch normalisation. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDigits } from '../../dist/data/digits.js';
import { chooseEngine } from '../../dist/engine/onnx-runtime.js';
import { exportModel } from '../../dist/learn/export-model.js';
import { relu } from '../../dist/learn/layers/activation.js';
import { dense } from '../../dist/learn/layers/dense.js';
import { batchNorm } from '../../dist/learn/layers/normalization.js';
import type { Model } from '../../dist/learn/model.js';
import { createOnnxTrainer } from '../../dist/learn/onnx-trainer.js';

/** Each client's contrast and brightness. */
const SENSORS = [
  { contrast: 1, brightness: 0 },
  { contrast: 0.7, brightness: 0.2 },
  { contrast: 1.4, brightness: -0.1 },
  { contrast: 0.5, brightness: 0.4 },
] as const;

const BLOCK = 4;
const WIDTH = 28 / BLOCK;
const PIXELS = WIDTH * WIDTH;

const model: Model = {
  name: 'normalised',
  featureShape: [PIXELS],
  layers: [dense(32), batchNorm(), relu(), dense(10)],
  loss: 'softmax-cross-entropy',
};

export interface ShiftedDigits {
  readonly perClient: number;
  readonly seed: number;
  /** Whether sensors differ. */
  readonly shifted: boolean;
}

/** Writes `digits.csv` (digits of 7x7 pixels, with the client in the column `sensor`) and `model.onnx`. */
export async function writeShiftedDigits(
  folder: string,
  { perClient, seed, shifted }: ShiftedDigits,
): Promise<void> {
  const { train } = generateDigits({ trainCount: perClient * SENSORS.length, testCount: 1, seed });
  const names = Array.from({ length: PIXELS }, (_, place) => `p${place}`);
  const rows = Array.from({ length: train.count }, (_, index) => {
    const sensor = index % SENSORS.length;
    const { contrast, brightness } = SENSORS[shifted ? sensor : 0]!;
    const pixels = smaller(train.features.subarray(index * 784, (index + 1) * 784));
    const seen = pixels.map((ink) => (contrast * ink + brightness).toFixed(4));
    return [...seen, `digit${train.labels[index]}`, `sensor${sensor}`].join(',');
  });
  await writeFile(
    join(folder, 'digits.csv'),
    [[...names, 'digit', 'sensor'].join(','), ...rows, ''].join('\n'),
  );
  const { engine } = await chooseEngine();
  const trainer = createOnnxTrainer(engine, model);
  const values = new Float32Array(trainer.layout.size);
  await trainer.initialParams(seed, values);
  await writeFile(join(folder, 'model.onnx'), exportModel(model, { layout: trainer.layout, values }));
  await trainer.dispose?.();
}

/** Means over blocks of 4x4 pixels. */
function smaller(features: Float32Array): number[] {
  return Array.from({ length: PIXELS }, (_, place) => {
    const [top, left] = [Math.floor(place / WIDTH) * BLOCK, (place % WIDTH) * BLOCK];
    let sum = 0;
    for (let y = top; y < top + BLOCK; y++) {
      for (let x = left; x < left + BLOCK; x++) sum += features[y * 28 + x]!;
    }
    return sum / BLOCK ** 2;
  });
}
