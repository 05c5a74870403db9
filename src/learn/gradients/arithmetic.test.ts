/** Gradients of arithmetic, also where inputs are broadcast, against differences. */

import type { Elements } from '../../../test/helpers/check-gradient.js';
import { between, node, tensor, testGradients } from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';

const unary =
  (op: string, elements: Elements = 'normal') =>
  (random: Random) =>
    node(op, [tensor(['batch', between(random, 1, 5)], elements)], {}, { batch: between(random, 1, 4) });

/** Two shapes that broadcast, in one of several ways. */
const binary =
  (op: string, a: Elements = 'normal', b: Elements = a) =>
  (random: Random) => {
    const [n, m, k] = [between(random, 1, 4), between(random, 2, 4), between(random, 1, 4)];
    const shapes = [
      [
        ['batch', m],
        ['batch', m],
      ],
      [['batch', m], [m]],
      [[m], ['batch', m]],
      [
        ['batch', 1, m],
        [k, 1],
      ],
      [
        [1, m],
        ['batch', 1],
      ],
      [[], ['batch', m]],
      [
        [1, 1, 1],
        [n, m],
      ],
    ] as const;
    const [left, right] = shapes[random.integer(shapes.length)] ?? shapes[0];
    return node(op, [tensor(left, a), tensor(right, b)], {}, { batch: n });
  };

/** Three inputs that broadcast, each on a grid of its own: no two elements are close. */
const three = (op: string) => (random: Random) => {
  const m = between(random, 2, 4);
  return {
    inputs: [tensor(['batch', m], 'spaced'), tensor([m], 'spaced'), tensor([1, 1], 'spaced')],
    sizes: { batch: between(random, 1, 3) },
    build: (builder: GraphBuilder, inputs: readonly Value[]) => {
      const apart = (index: number) => builder.constant('float32', [], [0.15 * index]);
      const moved = inputs.map((input, index) => builder.node('Add', [input, apart(index)]));
      return builder.node(op, moved);
    },
  };
};

testGradients({
  Abs: unary('Abs', 'nonzero'),
  Add: binary('Add'),
  'Clip by constant bounds': (random) => ({
    inputs: [tensor([between(random, 2, 9)], 'spaced')],
    build: (builder, [x]) =>
      builder.node('Clip', [
        x!,
        builder.constant('float32', [], [-0.65]),
        builder.constant('float32', [], [0.7]),
      ]),
  }),
  'Clip by an upper bound alone': (random) =>
    node('Clip', [tensor([between(random, 2, 9)], 'spaced'), null, tensor([])]),
  'Clip by bounds that are trained': () => ({
    inputs: [tensor([9], 'spaced'), tensor([]), tensor([])],
    build: (builder, [x, low, high]) => {
      const far = builder.node('Add', [
        builder.node('Tanh', [high!]),
        builder.constant('float32', [], [1.6]),
      ]);
      const near = builder.node('Sub', [
        builder.node('Tanh', [low!]),
        builder.constant('float32', [], [1.6]),
      ]);
      return builder.node('Clip', [
        builder.node('Mul', [x!, builder.constant('float32', [], [4])]),
        near,
        far,
      ]);
    },
  }),
  Cos: unary('Cos'),
  Div: binary('Div', 'normal', 'positive'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Identity: unary('Identity'),
  Log: unary('Log', 'positive'),
  Max: three('Max'),
  'Max of two': (random) =>
    node('Max', [tensor(['batch', 3], 'spaced'), tensor([])], {}, { batch: between(random, 1, 4) }),
  Mean: three('Mean'),
  Min: three('Min'),
  Mul: binary('Mul'),
  Neg: unary('Neg'),
  Pow: binary('Pow', 'positive'),
  'Pow by an integer': (random) =>
    node('Pow', [tensor([between(random, 1, 6)]), { constant: [between(random, 1, 3)] }]),
  Reciprocal: unary('Reciprocal', 'positive'),
  Sin: unary('Sin'),
  Sqrt: unary('Sqrt', 'positive'),
  Sub: binary('Sub'),
  Sum: three('Sum'),
  'Cast and Where': (random) => ({
    inputs: [tensor(['batch', 3], 'nonzero'), tensor([3]), tensor([1])],
    sizes: { batch: between(random, 1, 4) },
    build: (builder, [x, a, b]) => {
      const condition = builder.node('Greater', [x!, builder.constant('float32', [], [0])]);
      const mask = builder.node('Cast', [condition], { to: int(1) });
      const chosen = builder.node('Where', [condition, a!, b!]);
      return builder.node('Add', [builder.node('Mul', [mask, x!]), chosen]);
    },
  }),
});
