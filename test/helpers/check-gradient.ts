/**
 * Gradients of single operators against central differences of a loss, `sum(y * w)` with random `w`.
 *
 * The differences are taken along random directions, at steps of STEP and STEP / 2, and extrapolated (Richardson),
 * which leaves an error of the order of STEP^4. The operators work in float32: with elements near 1 the sum carries
 * an error of about 1e-7 times the root of their number, which the division by STEP makes a hundred times larger.
 */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { chooseEngine } from '../../src/engine/onnx-runtime.js';
import { differentiate } from '../../src/learn/differentiate.js';
import type { Engine, EngineTensor } from '../../src/learn/engine.js';
import { createGraphBuilder, type Dim, type GraphBuilder, type Value } from '../../src/learn/graph.js';
import { encodeOnnx } from '../../src/learn/onnx-encode.js';
import { type Random, seededRandom } from '../../src/random.js';

const STEP = 1 / 64;
/** Largest difference, relative to the norm of the gradient (at least 0.05). */
const TOLERANCE = 2e-3;
const RUNS = 4;
const DIRECTIONS = 2;
/** Distance between `spaced` elements: no step moves one past another. */
const SPACING = 0.9;

/** Draws an element; where kinks must be kept away from, `spaced` draws elements that are all far apart. */
export type Elements = 'normal' | 'positive' | 'spaced' | 'nonzero';

/** An input of the graph. Sizes that are names are known only when the graph runs. */
export interface TestInput {
  readonly shape: readonly Dim[];
  readonly elements?: Elements;
  /** False for an input that the loss does not depend on smoothly. */
  readonly trained?: false;
}

/** One operator (or several) between inputs and an output. `sizes` says what named sizes are. */
export interface GradientCase {
  readonly inputs: readonly TestInput[];
  readonly sizes?: Readonly<Record<string, number>>;
  build(builder: GraphBuilder, inputs: readonly Value[]): Value;
}

/** An input with elements of a kind. */
export function tensor(shape: readonly Dim[], elements: Elements = 'normal'): TestInput {
  return { shape, elements };
}

/** A case of a single node. */
export function node(
  op: string,
  inputs: readonly (TestInput | { constant: readonly number[] } | null)[],
  attributes: Parameters<GraphBuilder['node']>[2] = {},
  sizes: GradientCase['sizes'] = {},
): GradientCase {
  const tensors = inputs.filter((input): input is TestInput => input !== null && 'shape' in input);
  return {
    inputs: tensors,
    sizes,
    build(builder, values) {
      const rest = [...values];
      const all = inputs.map((input) => {
        if (input === null) return null;
        if ('shape' in input) return rest.shift() as Value;
        return builder.constant('int64', [input.constant.length], input.constant);
      });
      return builder.node(op, all, attributes);
    },
  };
}

/** Integer from `min` to `max`. */
export function between(random: Random, min: number, max: number): number {
  return min + random.integer(max - min + 1);
}

/** Defines a test for each case: its gradients agree with differences, for random shapes and elements. */
export function testGradients(cases: Readonly<Record<string, (random: Random) => GradientCase>>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = (await chooseEngine()).engine;
  });
  it.each(Object.entries(cases).map(([name, make]) => ({ name, make })))(
    'the gradient of $name agrees with differences',
    async ({ make }) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
          const random = seededRandom(seed);
          await checkCase(engine, make(random), random);
        }),
        { seed: 7, numRuns: RUNS },
      );
    },
  );
}

/** The loss and its gradients by all inputs, at `inputs`. */
async function checkCase(engine: Engine, test: GradientCase, random: Random): Promise<void> {
  const arrays = test.inputs.map(({ shape, elements = 'normal' }) =>
    draw(random, count(test, shape), elements),
  );
  const forward = await loadForward(engine, test);
  const weights = draw(random, forward.length, 'normal');
  const lossAt = async (at: readonly Float32Array[]) => {
    const y = await forward.run(at);
    return y.reduce((sum, value, index) => sum + value * (weights[index] as number), 0);
  };
  const named = test.inputs.some(({ shape }) => shape.some((size) => typeof size === 'string'));
  for (const symbolic of named ? [false, true] : [false]) {
    const gradients = await gradientsOf(engine, test, symbolic, forward.shape, arrays, weights);
    for (const [index, gradient] of gradients) {
      for (let repeat = 0; repeat < DIRECTIONS; repeat++) {
        const direction = draw(random, gradient.length, 'normal');
        const slope = await slopeAlong(lossAt, arrays, index, direction);
        const stated = dot(gradient, direction);
        const scale = Math.max(Math.sqrt(dot(gradient, gradient)), 0.05);
        expect(Math.abs(slope - stated), `input ${index}: ${stated}, not ${slope}`).toBeLessThan(
          TOLERANCE * scale,
        );
      }
    }
  }
  await forward.release();
}

async function slopeAlong(
  lossAt: (at: readonly Float32Array[]) => Promise<number>,
  arrays: readonly Float32Array[],
  index: number,
  direction: Float32Array,
): Promise<number> {
  const central = async (step: number) => {
    const moved = (sign: number) =>
      arrays.with(
        index,
        (arrays[index] as Float32Array).map((value, at) => value + sign * step * (direction[at] as number)),
      );
    return ((await lossAt(moved(1))) - (await lossAt(moved(-1)))) / (2 * step);
  };
  return (4 * (await central(STEP / 2)) - (await central(STEP))) / 3;
}

async function loadForward(engine: Engine, test: GradientCase) {
  const builder = createGraphBuilder();
  const inputs = declare(builder, test, false);
  const y = builder.output('y', test.build(builder, inputs));
  const session = await engine.load(encodeOnnx(builder.build()));
  const shape = y.shape.map(Number);
  const out = engine.tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
  return {
    shape,
    length: out.data.length,
    async run(arrays: readonly Float32Array[]) {
      await session.run(feeds(engine, test, arrays), { y: out });
      return Float64Array.from(out.data);
    },
    release: () => session.release(),
  };
}

/** By index of the input: the gradients as the compiled graph computes them. */
async function gradientsOf(
  engine: Engine,
  test: GradientCase,
  symbolic: boolean,
  shape: readonly number[],
  arrays: readonly Float32Array[],
  weights: Float32Array,
): Promise<Map<number, Float32Array>> {
  const builder = createGraphBuilder();
  const inputs = declare(builder, test, symbolic);
  const y = test.build(builder, inputs);
  const seed = builder.input('weights', 'float32', y.shape);
  const indices = [...inputs.keys()].filter((index) => test.inputs[index]?.trained !== false);
  const targets = indices.map((index) => inputs[index] as Value);
  const made = differentiate(builder, [...builder.added], y, seed, targets);
  made.forEach((gradient, index) => {
    expect(gradient.shape).toEqual(targets[index]?.shape);
    builder.output(`gradient${indices[index]}`, gradient);
  });
  const session = await engine.load(encodeOnnx(builder.build()));
  const outputs = indices.map((index) => {
    const { data, dims } = engine.tensor(new Float32Array(arrays[index]?.length ?? 0), concrete(test, index));
    return [index, engine.tensor(data.fill(Number.NaN), dims)] as const;
  });
  await session.run(
    { ...feeds(engine, test, arrays), weights: engine.tensor(weights, shape) },
    Object.fromEntries(outputs.map(([index, output]) => [`gradient${index}`, output])),
  );
  await session.release();
  return new Map(outputs.map(([index, { data }]) => [index, data as Float32Array]));
}

function declare(builder: GraphBuilder, test: GradientCase, symbolic: boolean): Value[] {
  return test.inputs.map(({ shape }, index) =>
    builder.input(`x${index}`, 'float32', symbolic ? shape : concrete(test, index)),
  );
}

function feeds(
  engine: Engine,
  test: GradientCase,
  arrays: readonly Float32Array[],
): Record<string, EngineTensor> {
  return Object.fromEntries(
    arrays.map((data, index) => [`x${index}`, engine.tensor(data, concrete(test, index))]),
  );
}

function concrete({ inputs, sizes }: GradientCase, index: number): number[] {
  return (inputs[index]?.shape ?? []).map((size) => (typeof size === 'string' ? (sizes?.[size] ?? 3) : size));
}

function count(test: GradientCase, shape: readonly Dim[]): number {
  return shape.reduce<number>(
    (product, size) => product * (typeof size === 'string' ? (test.sizes?.[size] ?? 3) : size),
    1,
  );
}

function draw(random: Random, length: number, elements: Elements): Float32Array {
  if (elements === 'spaced') {
    const places = random.shuffle(Float32Array.from({ length }, (_, index) => index));
    return places.map((place) => (place - length / 2 + 0.5) * SPACING);
  }
  return Float32Array.from({ length }, () => {
    const value = random.normal();
    if (elements === 'positive') return 0.5 + Math.abs(value);
    return elements === 'nonzero' ? value + 0.4 * Math.sign(value) : value;
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}
