/** Frozen parameters: what is left of the layout, of the gradients and of the graph. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeDistance, stepGradient } from '../../test/helpers/example-gradients.js';
import { importFile } from '../../test/helpers/imported.js';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError, ShapeError } from '../errors.js';
import { type Params, paramValues } from '../params/layout.js';
import { seededRandom } from '../random.js';
import { modelParameters } from './compile.js';
import { compileSteps } from './compile-steps.js';
import type { Engine } from './engine.js';
import { exportModel } from './export-model.js';
import { freeze } from './frozen.js';
import { relu } from './layers/activation.js';
import { dense } from './layers/dense.js';
import { batchNorm } from './layers/normalization.js';
import { createModel, type Model } from './model.js';
import { decodeOnnx } from './onnx-decode.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import type { Trainer } from './trainer.js';

const model = createModel('2nn', { featureShape: [6], task: 'classification', classCount: 3 });
const examples = randomExamples(seededRandom(1, 'frozen'), 12, [6]);

let engine: Engine;
const trainers: Trainer[] = [];
beforeAll(async () => {
  engine = (await chooseEngine({ kind: 'native' })).engine;
});
afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose?.();
});

function trainerOf(of: Model): Trainer {
  const trainer = createOnnxTrainer(engine, of);
  trainers.push(trainer);
  return trainer;
}

function initial(of: Model): Params {
  const { layout, initialParams } = trainerOf(of);
  const values = new Float32Array(layout.size);
  void initialParams(1, values);
  return { layout, values };
}

const namesOf = (of: Model) => modelParameters(of).layout.entries.map(({ name }) => name);

describe('freeze', () => {
  it('leaves the layout with what is trained, which starts as before', () => {
    const params = initial(model);
    const frozen = freeze(model, ['dense1.*', 'dense3.bias'], params);
    expect(namesOf(frozen)).toEqual(['dense2.weight', 'dense2.bias', 'dense3.weight']);
    const own = initial(frozen);
    for (const { name } of own.layout.entries) {
      expect(paramValues(own, name)).toEqual(paramValues(params, name));
    }
  });

  it('takes a choice by name in place of names', () => {
    const params = initial(model);
    const headOnly = freeze(model, (name) => !name.startsWith('dense3.'), params);
    expect(namesOf(headOnly)).toEqual(['dense3.weight', 'dense3.bias']);
    expect(() => freeze(model, () => false, params)).toThrow(
      new ConfigError('frozen must name at least one parameter, got none'),
    );
  });

  it('trains what is left with the gradients it had, and evaluates as before', async () => {
    const params = initial(model);
    const frozen = freeze(model, ['dense2.*'], params);
    const own = initial(frozen);
    const [all, part] = [trainerOf(model), trainerOf(frozen)];
    const whole = await stepGradient(all, params.values, examples);
    const gradient = await stepGradient(part, own.values, examples);
    const kept = params.layout.entries
      .filter(({ name }) => !name.startsWith('dense2'))
      .flatMap(({ offset, length }) => [...whole.subarray(offset, offset + length)]);
    expect(relativeDistance(gradient, Float64Array.from(kept))).toBeLessThan(1e-6);
    expect(await part.evaluate(own.values, examples)).toEqual(await all.evaluate(params.values, examples));
  });

  it('computes no gradient below the lowest trained parameter', async () => {
    const gemms = async (of: Model) => {
      const { onnx } = await compileSteps(of, { momentum: false, weightDecay: false }, 1, null);
      return decodeOnnx(onnx).nodes.filter(({ op }) => op === 'Gemm').length;
    };
    // Three forward, three by weights, two by inputs; then, of the backward ones, only that by the last weight.
    expect(await gemms(model)).toBe(8);
    expect(await gemms(freeze(model, ['dense1.*', 'dense2.*'], initial(model)))).toBe(4);
  });

  it('keeps frozen values to the last bit, in the exported file too', async () => {
    const params = initial(model);
    const frozen = freeze(model, ['dense1.weight'], params);
    const before = paramValues(params, 'dense1.weight').slice();
    const own = initial(frozen);
    const work = { amount: { steps: 10 }, batchSize: 4, learningRate: 0.5, momentum: 0.9, weightDecay: 0.1 };
    await trainerOf(frozen).train(own.values, examples, work, 1, own.values);
    params.values.fill(0);
    const tensor = decodeOnnx(exportModel(frozen, own)).initializers.get('dense1.weight');
    expect(tensor).toMatchObject({ dtype: 'float32', data: before });
  });

  it('takes the values of an imported file where it is given none', () => {
    const imported = freeze(
      importFile({
        nodes: [
          { op: 'Gemm', inputs: ['x', 'w'], outputs: ['h'] },
          { op: 'Add', inputs: ['h', 'b'], outputs: ['y'] },
        ],
        tensors: [
          { name: 'w', dims: [3, 2], floats: [1, 2, 3, 4, 5, 6] },
          { name: 'b', dims: [2], floats: [7, 8] },
        ],
      }),
      ['w'],
    );
    const tensors = decodeOnnx(exportModel(imported, initial(imported))).initializers;
    expect(tensors.get('w')).toMatchObject({ data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(namesOf(imported)).toEqual(['b']);
  });

  it('stills running statistics that it names', async () => {
    const normed: Model = { ...model, layers: [batchNorm(), relu(), dense(3)] };
    const frozen = freeze(normed, ['batchNorm1.*']);
    expect(namesOf(frozen)).toEqual(['dense1.weight', 'dense1.bias']);
    const own = initial(frozen);
    await trainerOf(frozen).train(
      own.values,
      examples,
      { amount: { steps: 3 }, batchSize: 4, learningRate: 0.1, momentum: 0, weightDecay: 0 },
      1,
      own.values,
    );
    const tensors = decodeOnnx(exportModel(frozen, own)).initializers;
    expect(tensors.get('batchNorm1.runningMean')).toMatchObject({ data: new Float32Array(6) });
  });

  it('refuses what cannot be frozen', () => {
    const params = initial(model);
    const other = initial(createModel('2nn', { featureShape: [7], task: 'classification', classCount: 3 }));
    expect(() => freeze(model, [], params)).toThrow(
      new ConfigError('frozen must name at least one parameter, got none'),
    );
    expect(() => freeze(model, ['dense9.*'], params)).toThrow(
      new ConfigError(
        'frozen must match parameters (dense1.weight, dense1.bias, dense2.weight, dense2.bias, dense3.weight, ...), "dense9.*" matches none',
      ),
    );
    expect(() => freeze(model, ['dense1xweight'], params)).toThrow('"dense1xweight" matches none');
    expect(() => freeze(model, ['dense1?weight'], params)).toThrow('"dense1?weight" matches none');
    expect(() => freeze(model, ['*'], params)).toThrow(
      new ConfigError('a model must have a parameter to train, all are frozen'),
    );
    expect(() => freeze(model, ['dense1.weight'])).toThrow(
      new ConfigError('params must be given: "dense1.weight" would stay at random values without them'),
    );
    expect(() => freeze(model, ['dense1.weight'], other)).toThrow(
      new ShapeError('params must have "dense1.weight" [6, 200], got [7, 200]'),
    );
  });
});
