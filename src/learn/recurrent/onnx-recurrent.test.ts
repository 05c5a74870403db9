/** Recurrences of imported models: the same outputs as ONNX Runtime's operators, and gradients like differences. */
import { beforeAll, describe, expect, it } from 'vitest';
import { between, type GradientCase, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { ConfigError } from '../../errors.js';
import { type Random, seededRandom } from '../../random.js';
import { float, int, text } from '../attributes.js';
import type { Engine } from '../engine.js';
import { type Attributes, createGraphBuilder, type Value } from '../graph.js';
import { encodeOnnx } from '../onnx-encode.js';
import { inferOutputs } from '../shapes.js';
import { type RecurrentOperator, recurrentOperator } from './onnx-recurrent.js';

const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
const [TIME, BATCH, FEATURES, UNITS] = [4, 3, 2, 5];

interface Variant {
  readonly name: string;
  readonly op: RecurrentOperator;
  readonly attributes: Attributes;
  readonly biased?: boolean;
  readonly initial?: boolean;
}

const late = { linear_before_reset: int(1) };
const variants: Variant[] = [
  { name: 'an LSTM', op: 'LSTM', attributes: {}, biased: true },
  { name: 'an LSTM without biases', op: 'LSTM', attributes: {} },
  { name: 'an LSTM backwards', op: 'LSTM', attributes: { direction: text('reverse') }, biased: true },
  {
    name: 'an LSTM both ways, from an initial state',
    op: 'LSTM',
    attributes: { direction: text('bidirectional') },
    biased: true,
    initial: true,
  },
  { name: 'a GRU', op: 'GRU', attributes: late, biased: true },
  {
    name: 'a GRU both ways, from an initial state',
    op: 'GRU',
    attributes: { ...late, direction: text('bidirectional') },
    biased: true,
    initial: true,
  },
  { name: 'a GRU with an early reset', op: 'GRU', attributes: {}, biased: true },
  {
    name: 'a GRU with an early reset, from an initial state',
    op: 'GRU',
    attributes: {},
    biased: true,
    initial: true,
  },
  { name: 'a plain recurrence', op: 'RNN', attributes: {}, biased: true },
  {
    name: 'a plain recurrence with relu, backwards, from an initial state',
    op: 'RNN',
    attributes: { activations: { strings: ['Relu'] }, direction: text('reverse') },
    biased: true,
    initial: true,
  },
];

function shapesOf({ op, attributes, biased = false, initial = false }: Variant): (number[] | null)[] {
  const direction = attributes.direction;
  const ways = direction && 'string' in direction && direction.string === 'bidirectional' ? 2 : 1;
  const rows = GATES[op] * UNITS;
  const state = initial ? [ways, BATCH, UNITS] : null;
  return [
    [TIME, BATCH, FEATURES],
    [ways, rows, FEATURES],
    [ways, rows, UNITS],
    biased ? [ways, 2 * rows] : null,
    null,
    state,
    ...(op === 'LSTM' ? [state] : []),
  ];
}

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine()).engine;
});

describe('recurrentOperator', () => {
  it.each(variants)('makes what ONNX Runtime makes of $name', async (variant) => {
    const random = seededRandom(4, variant.name);
    const builder = createGraphBuilder();
    const attributes = { hidden_size: int(UNITS), ...variant.attributes };
    const inputs = shapesOf(variant).map(
      (shape, index) => shape && builder.input(`x${index}`, 'float32', shape),
    );
    const mine = recurrentOperator(builder, variant.op, inputs, attributes);
    const types = inferOutputs(variant.op, inputs, attributes, mine.length);
    const theirs = builder.nodes(variant.op, inputs, attributes, types);
    const feeds = Object.fromEntries(
      inputs.flatMap((value) => {
        if (!value) return [];
        const shape = value.shape.map(Number);
        const data = Float32Array.from({ length: size(shape) }, () => random.normal());
        return [[value.name, engine.tensor(data, shape)]];
      }),
    );
    const outputs = Object.fromEntries(
      [mine, theirs].flatMap((values, kind) =>
        values.map((value, index) => {
          const shape = value.shape.map(Number);
          builder.output(`${kind}.${index}`, value);
          return [`${kind}.${index}`, engine.tensor(new Float32Array(size(shape)), shape)];
        }),
      ),
    );
    expect(mine.map(({ shape }) => shape)).toEqual(theirs.map(({ shape }) => shape));
    const session = await engine.load(encodeOnnx(builder.build()));
    await session.run(feeds, outputs);
    await session.release();
    mine.forEach((_, index) => {
      const [own, expected] = [0, 1].map((kind) => outputs[`${kind}.${index}`]!.data);
      own!.forEach((value, at) => {
        expect(Math.abs(value - expected![at]!)).toBeLessThan(1e-5);
      });
    });
  });

  it('refuses sequences without end', () => {
    const builder = createGraphBuilder();
    const shapes = [
      [10_000, 1, 2],
      [1, 8, 2],
      [1, 8, 2],
    ];
    const inputs = shapes.map((shape, index) => builder.input(`x${index}`, 'float32', shape));
    expect(() => recurrentOperator(builder, 'LSTM', inputs, {})).toThrow(
      new ConfigError('a sequence must have 1 to 4096 steps to train LSTM, got 10000'),
    );
  });

  it.each<[string, RecurrentOperator, Attributes, number, string]>([
    ['lengths', 'LSTM', {}, 4, 'lengths of sequences must be left out in LSTM, got "x4"'],
    ['peepholes', 'LSTM', {}, 7, 'peepholes must be left out in LSTM, got "x7"'],
    [
      'a batch in front',
      'GRU',
      { layout: int(1) },
      0,
      'the batch must be the second axis in GRU, got layout 1',
    ],
    [
      'coupled gates',
      'LSTM',
      { input_forget: int(1) },
      0,
      'gates must not be coupled in LSTM, got input_forget 1',
    ],
    ['a bound', 'GRU', { clip: float(3) }, 0, 'clip must be left out in GRU, got 3'],
    [
      'unusual activations',
      'LSTM',
      { activations: { strings: ['Sigmoid', 'Relu', 'Tanh'] } },
      0,
      'activations must be the usual Sigmoid,Tanh,Tanh in LSTM, got Sigmoid,Relu,Tanh',
    ],
    [
      'activations that differ by direction',
      'RNN',
      { activations: { strings: ['Relu', 'Tanh'] }, direction: text('bidirectional') },
      0,
      'activations must be the usual Tanh in RNN, got Relu,Tanh',
    ],
  ])('refuses %s', (_, op, attributes, given, message) => {
    const builder = createGraphBuilder();
    const inputs = shapesOf({ name: '', op, attributes: {} }).map((shape, index) =>
      shape || index === given ? builder.input(`x${index}`, 'float32', shape ?? [1]) : null,
    );
    if (given === 7) inputs[7] = builder.input('x7', 'float32', [1]);
    expect(() => recurrentOperator(builder, op, inputs, attributes)).toThrow(new ConfigError(message));
  });
});

const gradientCase =
  (variant: Variant) =>
  (random: Random): GradientCase => {
    const result = between(random, 0, variant.op === 'LSTM' ? 2 : 1);
    const shapes = shapesOf(variant);
    return {
      inputs: shapes.flatMap((shape, index) => {
        if (!shape) return [];
        const batched = index === 0 || index > 4;
        return [tensor(batched ? shape.with(1, 'batch' as never) : shape)];
      }),
      sizes: { batch: 2 },
      build(builder, values) {
        const rest = [...values];
        const inputs = shapes.map((shape) => (shape ? (rest.shift() as Value) : null));
        const attributes = { hidden_size: int(UNITS), ...variant.attributes };
        return recurrentOperator(builder, variant.op, inputs, attributes)[result] as Value;
      },
    };
  };

testGradients(
  Object.fromEntries(
    variants.filter(({ name }) => !name.includes('relu')).map((each) => [each.name, gradientCase(each)]),
  ),
);

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
