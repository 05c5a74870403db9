/** Gradients where an axis is empty, and where elements tie. */
import { expect, it } from 'vitest';
import { node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { int, ints } from '../attributes.js';
import { differentiate } from '../differentiate.js';
import { createGraphBuilder, type GraphBuilder, type Value } from '../graph.js';
import { encodeOnnx } from '../onnx-encode.js';

const nobody = { batch: 0 };

testGradients({
  'Add of an empty batch': () => node('Add', [tensor(['batch', 3]), tensor([3])], {}, nobody),
  'Gemm of an empty batch': () =>
    node('Gemm', [tensor(['batch', 3]), tensor([3, 2]), tensor([2])], {}, nobody),
  'MatMul of an empty stack': () => node('MatMul', [tensor(['batch', 2, 3]), tensor([3, 2])], {}, nobody),
  'MatMul along an empty axis': () => node('MatMul', [tensor([2, 0]), tensor([0, 3])]),
  'ReduceSum of an empty axis': () => node('ReduceSum', [tensor([2, 0]), { constant: [1] }]),
  'Reshape of an empty batch': () =>
    node('Reshape', [tensor(['batch', 4]), { constant: [-1, 2, 2] }], {}, nobody),
  'Reshape with an empty axis': () =>
    node('Reshape', [tensor([2, 0, 3]), { constant: [0, 6] }], { allowzero: int(1) }),
  'Transpose of an empty batch': () =>
    node('Transpose', [tensor(['batch', 2])], { perm: ints([1, 0]) }, nobody),
  'Concat with an empty part': () => node('Concat', [tensor([2, 2]), tensor([0, 2])], { axis: int(0) }),
  'Slice of nothing': () =>
    node('Slice', [tensor([3, 2]), { constant: [2] }, { constant: [2] }, { constant: [0] }]),
  'Gather of nothing': () => node('Gather', [tensor([3, 2]), { constant: [] }]),
  'Expand to nothing': () => node('Expand', [tensor([1, 2]), { constant: [0, 2] }]),
  'Softmax of an empty batch': () => node('Softmax', [tensor(['batch', 2])], {}, nobody),
});

/** The gradient of the sum of what `build` makes of `x`. */
async function gradientAt(x: readonly number[], build: (builder: GraphBuilder, x: Value) => Value) {
  const { engine } = await chooseEngine();
  const builder = createGraphBuilder();
  const input = builder.input('x', 'float32', [x.length]);
  const y = build(builder, input);
  const size = y.shape.reduce<number>((product, each) => product * Number(each), 1);
  const ones = builder.constant('float32', y.shape.map(Number), new Array<number>(size).fill(1));
  const [gradient] = differentiate(builder, [...builder.added], y, ones, [input]);
  builder.output('gradient', gradient as Value);
  const session = await engine.load(encodeOnnx(builder.build()));
  const out = engine.tensor(new Float32Array(x.length), [x.length]);
  await session.run({ x: engine.tensor(Float32Array.from(x), [x.length]) }, { gradient: out });
  await session.release();
  return [...out.data];
}

it('shares the gradient between equal elements of ReduceMax', async () => {
  const axes = { axes: ints([0]) };
  expect(await gradientAt([3, 1, 3, 2], (builder, x) => builder.node('ReduceMax', [x], axes))).toEqual([
    0.5, 0, 0.5, 0,
  ]);
});

it('shares the gradient between equal elements of GlobalMaxPool', async () => {
  const image = (builder: GraphBuilder, x: Value) =>
    builder.node('Reshape', [x, builder.constant('int64', [4], [1, 1, 2, 2])]);
  const pooled = (builder: GraphBuilder, x: Value) => builder.node('GlobalMaxPool', [image(builder, x)]);
  expect(await gradientAt([3, 1, 3, 2], pooled)).toEqual([0.5, 0, 0.5, 0]);
});

it('shares the gradient between equal inputs of Max', async () => {
  const two = (builder: GraphBuilder) => builder.constant('float32', [], [2]);
  expect(await gradientAt([1, 2, 3], (builder, x) => builder.node('Max', [x, two(builder)]))).toEqual([
    0, 0.5, 1,
  ]);
});

it('passes the gradient of Clip at its bounds', async () => {
  const bounds = (builder: GraphBuilder) => [0, 1].map((bound) => builder.constant('float32', [], [bound]));
  expect(
    await gradientAt([-1, 0, 0.5, 1, 2], (builder, x) => builder.node('Clip', [x, ...bounds(builder)])),
  ).toEqual([0, 1, 1, 1, 0]);
});

it('takes zero as the gradient of ReduceL2 at the origin, and of Relu and Abs at zero', async () => {
  expect(await gradientAt([0, 0], (builder, x) => builder.node('ReduceL2', [x]))).toEqual([0, 0]);
  expect(await gradientAt([0], (builder, x) => builder.node('Relu', [x]))).toEqual([0]);
  expect(await gradientAt([0], (builder, x) => builder.node('Abs', [x]))).toEqual([0]);
});

it('has no gradient through steps', async () => {
  const floor = (builder: GraphBuilder, x: Value) => builder.node('Add', [builder.node('Floor', [x]), x]);
  expect(await gradientAt([0.4, 1.2], floor)).toEqual([1, 1]);
});
