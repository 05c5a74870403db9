/** Losses as PyTorch has them, at extreme outputs too, and as a step and an evaluation take them. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { WORK } from '../../test/helpers/check-model-gradient.js';
import { chooseEngine, type EngineKind } from '../engine/onnx-runtime.js';
import { ConfigError } from '../errors.js';
import type { Engine } from './engine.js';
import { createGraphBuilder } from './graph.js';
import { dense } from './layers/dense.js';
import { type LossSpec, lossNames, lossOf } from './losses.js';
import { encodeOnnx } from './onnx-encode.js';
import { createOnnxTrainer } from './onnx-trainer.js';

type Nested = readonly (number | Nested)[];

interface LossVector {
  readonly name: string;
  readonly loss: LossSpec;
  /** [batch, outputs], with labels of [batch]; of tokens both have an axis of time after the batch. */
  readonly outputs: Nested;
  readonly labels: Nested;
  readonly sum: number;
  readonly gradient: Nested;
}

const file = new URL('../../test/vectors/losses/losses.json', import.meta.url);
const vectors: readonly LossVector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;

const engines = new Map<EngineKind, Engine>();
beforeAll(async () => {
  for (const kind of ['native', 'wasm'] as const) engines.set(kind, (await chooseEngine({ kind })).engine);
});

describe.each(['native', 'wasm'] as const)('on the %s engine', (kind) => {
  it.each(vectors)('$name and its gradient are those of PyTorch', async (vector) => {
    const { sum, gradient } = await lossAndGradient(engines.get(kind) as Engine, vector);
    expect(Math.abs(sum - vector.sum)).toBeLessThanOrEqual(1e-6 * Math.abs(vector.sum));
    flat(vector.gradient).forEach((value, index) => {
      expect(Math.abs(gradient[index]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
    });
  });
});

describe('an ignored label', () => {
  const model = {
    name: 'ignoring',
    featureShape: [2],
    layers: [dense(3)],
    loss: { type: 'softmax-cross-entropy', ignoredLabel: -1 },
  } as const;
  const examplesOf = (labels: number[]) => ({
    dataset: {
      name: 'labels',
      task: 'classification',
      count: labels.length,
      featureShape: [2],
      features: Float32Array.from({ length: 2 * labels.length }, (_, index) => Math.sin(index % 4)),
      labels: Float32Array.from(labels),
      classNames: ['a', 'b', 'c'],
    } as const,
    indices: Uint32Array.from(labels.keys()),
  });

  it('counts neither in the mean of a step nor in evaluation', async () => {
    const trainer = createOnnxTrainer(engines.get('native') as Engine, model);
    const params = Float32Array.from({ length: 9 }, (_, index) => Math.cos(index));
    const [some, all] = [new Float32Array(9), new Float32Array(9)];
    const ignoring = await trainer.train(params, examplesOf([2, 0, -1, -1]), WORK, 1, some);
    const without = await trainer.train(params, examplesOf([2, 0]), WORK, 1, all);
    expect(ignoring.loss).toBeCloseTo(without.loss, 6);
    some.forEach((value, index) => {
      expect(value).toBeCloseTo(all[index]!, 6);
    });
    const evaluated = await trainer.evaluate(params, examplesOf([2, 0, -1, -1]));
    const expected = await trainer.evaluate(params, examplesOf([2, 0]));
    expect(evaluated).toEqual({ ...expected, lossSum: expect.closeTo(expected.lossSum, 5) });
    await trainer.dispose?.();
  });

  it('counts once in a step of several parts, of which one has nothing else', async () => {
    const trainer = createOnnxTrainer(engines.get('native') as Engine, model);
    const params = Float32Array.from({ length: 9 }, (_, index) => Math.cos(index));
    const [parts, whole] = [new Float32Array(9), new Float32Array(9)];
    const examples = examplesOf([2, 0, 1, -1, -1, -1]);
    const work = { ...WORK, batchSize: 6 };
    const accumulated = await trainer.train(params, examples, { ...work, accumulateSteps: 3 }, 1, parts);
    const once = await trainer.train(params, examples, work, 1, whole);
    expect(accumulated.loss).toBeCloseTo(once.loss, 6);
    parts.forEach((value, index) => {
      expect(value).toBeCloseTo(whole[index]!, 6);
    });
    await trainer.dispose?.();
  });

  it('leaves the parameters where it is the only one', async () => {
    const trainer = createOnnxTrainer(engines.get('native') as Engine, model);
    const params = Float32Array.from({ length: 9 }, (_, index) => Math.cos(index));
    const out = new Float32Array(9);
    expect((await trainer.train(params, examplesOf([-1, -1]), WORK, 1, out)).loss).toBe(0);
    expect(out).toEqual(params);
    await trainer.dispose?.();
  });
});

describe('lossOf', () => {
  it('takes a name, and the same name as a type', () => {
    for (const name of lossNames) expect(lossOf({ type: name }).task).toBe(lossOf(name).task);
  });

  it.each([
    ['cross', `loss must be one of ${lossNames.join(', ')}, got "cross"`],
    ['toString', `loss must be one of ${lossNames.join(', ')}, got "toString"`],
    [{ type: 'huber', delta: 0 }, 'delta must be a positive finite number, got 0'],
    [{ type: 'softmax-cross-entropy', labelSmoothing: 1 }, 'labelSmoothing must be from 0 to below 1, got 1'],
    [
      { type: 'next-token-cross-entropy', labelSmoothing: -0.1 },
      'labelSmoothing must be from 0 to below 1, got -0.1',
    ],
    [{ type: 'softmax-cross-entropy', ignoredLabel: 0.5 }, 'ignoredLabel must be an integer, got 0.5'],
  ])('refuses %j', (spec, message) => {
    expect(() => lossOf(spec as LossSpec)).toThrow(new ConfigError(message));
  });
});

async function lossAndGradient(engine: Engine, { loss: spec, outputs, labels }: LossVector) {
  const builder = createGraphBuilder();
  const loss = lossOf(spec);
  const [shape, labelShape] = [shapeOf(outputs), shapeOf(labels)];
  const output = builder.input('output', 'float32', ['batch', ...shape.slice(1)]);
  const label = builder.input('labels', loss.labelType, ['batch', ...labelShape.slice(1)]);
  builder.output('sum', loss.sum(builder, output, label));
  builder.output('gradient', loss.gradient(builder, output, label, builder.constant('float32', [], [1])));
  const session = await engine.load(encodeOnnx(builder.build()));
  const typed = loss.labelType === 'int32' ? Int32Array.from(flat(labels)) : Float32Array.from(flat(labels));
  const values = Float32Array.from(flat(outputs));
  const sum = engine.tensor(new Float32Array(1), []);
  const gradient = engine.tensor(new Float32Array(values.length), shape);
  await session.run(
    { output: engine.tensor(values, shape), labels: engine.tensor(typed, labelShape) },
    { sum, gradient },
  );
  await session.release();
  return { sum: sum.data[0] as number, gradient: [...gradient.data] };
}

function shapeOf(nested: Nested): number[] {
  const [first] = nested;
  return [nested.length, ...(typeof first === 'object' ? shapeOf(first) : [])];
}

function flat(nested: Nested): number[] {
  return nested.flatMap((each) => (typeof each === 'number' ? [each] : flat(each)));
}
