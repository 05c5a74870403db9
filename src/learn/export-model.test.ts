/** Export: files that any tool runs, with what the trainer knows. */
import { beforeAll, describe, expect, it } from 'vitest';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ShapeError } from '../errors.js';
import { createLayout, type Params } from '../params/layout.js';
import { decodeSafetensors, encodeSafetensors } from '../params/safetensors.js';
import { seededRandom } from '../random.js';
import type { Engine } from './engine.js';
import { exportModel } from './export-model.js';
import { relu } from './layers/activation.js';
import { conv2d } from './layers/convolution.js';
import { dense, flatten } from './layers/dense.js';
import { dropout } from './layers/dropout.js';
import { maxPool } from './layers/pooling.js';
import type { Model } from './model.js';
import { decodeOnnx } from './onnx-decode.js';
import { createOnnxTrainer } from './onnx-trainer.js';

const model: Model = {
  name: 'test',
  featureShape: [1, 6, 6],
  layers: [conv2d(3, 3), relu(), maxPool(2), flatten(), dropout(0.5), dense(3)],
  loss: 'softmax-cross-entropy',
};

let engine: Engine;
let params: Params;
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
  const { layout, initialParams } = createOnnxTrainer(engine, model);
  params = { layout, values: new Float32Array(layout.size) };
  await initialParams(3, params.values);
});

describe('exportModel', () => {
  it('writes the layers, and the parameters as initialisers under their names', () => {
    const file = decodeOnnx(exportModel(model, params));
    expect(file.inputs).toEqual([{ name: 'features', dtype: 'float32', shape: ['batch', 1, 6, 6] }]);
    expect(file.outputs).toEqual([{ name: 'output', dtype: 'float32', shape: ['batch', 3] }]);
    expect(file.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu', 'MaxPool', 'Flatten', 'Gemm']);
    expect([...file.initializers]).toEqual(
      params.layout.entries.map(({ name, shape, offset, length }) => [
        name,
        { dtype: 'float32', shape, data: params.values.slice(offset, offset + length) },
      ]),
    );
  });

  it('writes a file whose outputs have the loss that the trainer evaluates', async () => {
    const examples = randomExamples(seededRandom(1), 5, [1, 6, 6]);
    const session = await engine.load(exportModel(model, params));
    const output = engine.tensor(new Float32Array(15), [5, 3]);
    await session.run({ features: engine.tensor(examples.dataset.features, [5, 1, 6, 6]) }, { output });
    await session.release();
    const loss = [0, 1, 2, 3, 4].reduce((sum, row) => {
      const logits = Array.from(output.data.subarray(3 * row, 3 * row + 3));
      const total = logits.reduce((all, logit) => all + Math.exp(logit), 0);
      return sum + Math.log(total) - logits[examples.dataset.labels[row]!]!;
    }, 0);
    const trainer = createOnnxTrainer(engine, model);
    expect((await trainer.evaluate(params.values, examples)).lossSum).toBeCloseTo(loss, 5);
    await trainer.dispose?.();
  });

  it('takes parameters in any order, as safetensors files have them', () => {
    const specs = params.layout.entries.toReversed();
    const layout = createLayout(specs);
    const values = specs.flatMap(({ offset, length }) => [
      ...params.values.subarray(offset, offset + length),
    ]);
    const saved = decodeSafetensors(encodeSafetensors({ layout, values: Float32Array.from(values) })).params;
    expect(exportModel(model, saved)).toEqual(exportModel(model, params));
  });

  it.each<[string, (specs: { name: string; shape: readonly number[] }[]) => unknown, string]>([
    ['a parameter is missing', (specs) => specs.pop(), 'params must have "dense1.bias" [3], got none'],
    [
      'a parameter has another shape',
      (specs) => specs.splice(1, 1, { name: 'conv1.bias', shape: [4] }),
      'params must have "conv1.bias" [3], got [4]',
    ],
    [
      'there is one too many',
      (specs) => specs.push({ name: 'more', shape: [1] }),
      'params must be those of the model, got also "more"',
    ],
  ])('refuses them when %s', (_, change, message) => {
    const specs = params.layout.entries.map(({ name, shape }) => ({ name, shape }));
    change(specs);
    const layout = createLayout(specs);
    const wrong = { layout, values: new Float32Array(layout.size) };
    expect(() => exportModel(model, wrong)).toThrow(new ShapeError(message));
  });
});
