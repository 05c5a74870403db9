/** Gradients of operators that move elements against differences. */
import { between, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int, ints } from '../attributes.js';
import type { Dim, DType, GraphBuilder, Value } from '../graph.js';

const LAST = 2 ** 40;

/** A slice of some axes of [batch, 5, 6]: starts, ends, axes, steps. */
const slice =
  (...bounds: readonly (readonly number[])[]) =>
  (random: Random) =>
    node(
      'Slice',
      [tensor(['batch', 5, 6]), ...bounds.map((constant) => ({ constant }))],
      {},
      { batch: between(random, 2, 4) },
    );

const gather =
  (axis: number, indices: readonly number[], indexShape: readonly number[], dtype: DType = 'int64') =>
  (random: Random) => ({
    inputs: [tensor(['batch', 3, 4])],
    sizes: { batch: between(random, 3, 4) },
    build: (builder: GraphBuilder, [x]: readonly Value[]) =>
      builder.node('Gather', [x!, builder.constant(dtype, indexShape, indices)], { axis: int(axis) }),
  });

const move =
  (op: string, shape: readonly Dim[], constant: readonly number[], attributes = {}) =>
  (random: Random) =>
    node(op, [tensor(shape), { constant }], attributes, {
      batch: between(random, 1, 3),
      length: between(random, 1, 3),
    });

testGradients({
  Concat: (random) => {
    const parts = [
      tensor(['batch', between(random, 1, 3), 2]),
      tensor(['batch', 2, 2]),
      tensor(['batch', 1, 2]),
    ];
    return node('Concat', parts, { axis: int(-2) }, { batch: 3 });
  },
  'Concat of batches': (random) =>
    node(
      'Concat',
      [tensor(['batch', 2]), tensor(['other', 2])],
      { axis: int(0) },
      { batch: 2, other: between(random, 1, 3) },
    ),
  Dropout: (random) => node('Dropout', [tensor([between(random, 1, 4)])]),
  Expand: move('Expand', [3, 1], [2, 3, 4]),
  'Expand to the batch': (random) => ({
    inputs: [tensor([1, 3]), tensor(['batch', 3])],
    sizes: { batch: between(random, 1, 4) },
    build: (builder, [x, like]) =>
      builder.node('Mul', [builder.node('Expand', [x!, builder.node('Shape', [like!])]), like!]),
  }),
  Flatten: (random) =>
    node('Flatten', [tensor(['batch', 2, 3])], { axis: int(between(random, -2, 2)) }, { batch: 2 }),
  'Gather along the first axis': gather(0, [2, 0, 2, -1], [2, 2]),
  'Gather along an inner axis': gather(1, [1, 1, -3], [3], 'int32'),
  'Gather along the last axis': gather(-1, [3, 0], [1, 2]),
  'Gather of one': gather(1, [2], []),
  Pad: move('Pad', ['batch', 3, 2], [0, 1, 2, 1, 0, 3]),
  'Pad that takes away': move('Pad', ['batch', 3, 3], [0, -1, 1, 0, 0, -1]),
  'Pad with a fill that is trained': (random) => ({
    inputs: [tensor(['batch', 2]), tensor([])],
    sizes: { batch: between(random, 1, 3) },
    build: (builder, [x, fill]) =>
      builder.node('Pad', [x!, builder.constant('int64', [4], [1, 0, 0, 2]), fill!]),
  }),
  Reshape: move('Reshape', ['batch', 4, 3], [0, 2, -1]),
  'Reshape of the batch with another axis': move('Reshape', ['batch', 4, 3], [-1, 3]),
  'Reshape with two sizes known at run time': move('Reshape', ['batch', 'length', 4], [0, 0, 2, 2]),
  'Reshape by a computed shape': (random) => ({
    inputs: [tensor(['batch', 'length', 4])],
    sizes: { batch: between(random, 1, 3), length: between(random, 1, 3) },
    build: (builder, [x]) => {
      const shape = builder.node('Shape', [x!]);
      const kept = builder.node('Gather', [shape, builder.constant('int64', [1], [1])]);
      const rest = builder.constant('int64', [1], [-1]);
      return builder.node('Reshape', [x!, builder.node('Concat', [kept, rest], { axis: int(0) })]);
    },
  }),
  Slice: slice([1, 2], [4, LAST], [1, 2]),
  'Slice from the end': slice([-2, -LAST], [LAST, -1], [-1, 1]),
  'Slice of the batch': slice([1], [LAST], [0]),
  'Slice of the end of the batch': slice([-2], [LAST], [0]),
  'Slice with steps': slice([0, 4], [LAST, 0], [1, 2], [2, -3]),
  'Slice backwards': slice([-1], [-LAST], [2], [-1]),
  'Slice of all axes': slice([0, 0, 0], [1, 2, 3]),
  'Slice to a length known at run time': (random) => ({
    inputs: [tensor([5, 2]), tensor(['length', 2])],
    sizes: { length: between(random, 1, 4) },
    build: (builder, [x, like]) => {
      const [from, axis] = [builder.constant('int64', [1], [0]), builder.constant('int64', [1], [0])];
      const to = builder.node('Gather', [builder.node('Shape', [like!]), axis]);
      return builder.node('Mul', [builder.node('Slice', [x!, from, to, axis]), like!]);
    },
  }),
  'Split of which one part is unused': (random) => ({
    inputs: [tensor(['batch', 6])],
    sizes: { batch: between(random, 1, 3) },
    build: (builder, [x]) => {
      const parts = builder.nodes('Split', [x!, builder.constant('int64', [3], [2, 2, 2])], {
        axis: int(-1),
      });
      return builder.node('Mul', [parts[0]!, parts[2]!]);
    },
  }),
  Squeeze: move('Squeeze', ['batch', 1, 3, 1], [1, -1]),
  'Squeeze of all it can': (random) => node('Squeeze', [tensor([1, between(random, 2, 4), 1])]),
  Tile: move('Tile', ['batch', 2, 3], [2, 1, 3]),
  Transpose: (random) =>
    node('Transpose', [tensor(['batch', 2, 3])], { perm: ints([2, 0, 1]) }, { batch: between(random, 1, 3) }),
  'Transpose by default': (random) =>
    node('Transpose', [tensor(['batch', 2, 3])], {}, { batch: between(random, 1, 3) }),
  Unsqueeze: move('Unsqueeze', ['batch', 3], [0, -1]),
});
