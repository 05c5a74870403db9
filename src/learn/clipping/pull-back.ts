/** Takes the gradients of every example from shared values back to the parameters that they are made of. */
import { integerOf, integersOf } from '../attributes.js';
import { transpose, vector } from '../gradients/nodes.js';
import type { RuleContext } from '../gradients/rule.js';
import { gradientRules } from '../gradients/table.js';
import type { Dim, GraphBuilder, GraphNode, Value } from '../graph.js';
import { permutationOf } from '../shapes/movement.js';
import { axisOf } from '../shapes/rule.js';
import { slicesOf } from '../shapes/slices.js';
import { known } from '../shapes.js';
import { ELEMENTWISE } from './broadcast.js';
import { throughCopies } from './copies.js';
import { type ExampleGradient, merged, wholeOf } from './example-gradient.js';
import { noRule } from './rule.js';

/** Gradients by name of the value, all of which add up. */
export type GradientLists = ReadonlyMap<string, readonly ExampleGradient[]>;

/** A node between shared values, and the gradients by its outputs. */
interface PullContext extends RuleContext {
  readonly batch: Dim;
  readonly lists: readonly (readonly ExampleGradient[])[];
}

/**
 * Adds to `gradients` those by all values that shared `nodes` take in.
 *
 * @param nodes that no example goes into, in an order in which they can run
 * @param dependent names of values that depend on parameters
 * @throws {ConfigError} for an operator whose gradients cannot be kept apart.
 */
export function pullBack(
  builder: GraphBuilder,
  nodes: readonly GraphNode[],
  gradients: GradientLists,
  dependent: ReadonlySet<string>,
  batch: Dim,
): GradientLists {
  const all = new Map([...gradients].map(([name, list]) => [name, [...list]]));
  for (const node of nodes.toReversed()) {
    const lists = node.outputs.map((name) => all.get(name) ?? []);
    if (lists.every((list) => list.length === 0)) continue;
    const outputs = node.outputs.map((name) => builder.value(name));
    const inputs = node.inputs.map((name) => (name === '' ? null : builder.value(name)));
    node.inputs.forEach((name, index) => {
      if (!dependent.has(name)) return;
      const { op, attributes, origin } = node;
      const wants = (at: number) => at === index;
      const context = {
        builder,
        op,
        attributes,
        inputs,
        outputs,
        saved: [],
        gradients: [],
        wants,
        batch,
        lists,
      };
      const made = byInput(context, index);
      if (!made) throw noRule({ op, origin, inputs, outputs }, index);
      all.set(name, [...(all.get(name) ?? []), ...made]);
    });
  }
  return all;
}

function byInput(context: PullContext, index: number): ExampleGradient[] | undefined {
  const { builder, batch, op, attributes, inputs, outputs } = context;
  const [list = []] = context.lists;
  const input = inputs[index] as Value;
  const output = outputs[0] as Value;
  const wholes = () => list.map((gradient) => wholeOf(builder, gradient, output.shape));
  switch (op) {
    case 'Flatten':
    case 'Identity':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
      return list.map((gradient) =>
        gradient.type === 'outer' ? gradient : whole(wholeOf(builder, gradient, input.shape)),
      );
    case 'Transpose': {
      const perm = permutationOf(input, integersOf(attributes, 'perm'));
      return list.map((gradient) => transposed(builder, gradient, input, output, perm));
    }
    case 'Concat': {
      const axis = axisOf(integerOf(attributes, 'axis', 0), output.shape.length);
      return wholes().map((values) => whole(part(builder, values, inputs, index, axis)));
    }
    case 'Split': {
      const axis = axisOf(integerOf(attributes, 'axis', 0), input.shape.length);
      return outputs.flatMap((each, at) => {
        const before = outputs.slice(0, at).reduce((sum, { shape }) => sum + known(shape[axis] ?? 0), 0);
        const parts = context.lists[at] ?? [];
        return parts.map((gradient) =>
          whole(
            surrounded(builder, wholeOf(builder, gradient, each.shape), input, new Map([[axis, before]])),
          ),
        );
      });
    }
    case 'Slice': {
      const slices = [...slicesOf(inputs)];
      if (slices.some(([, { step, first }]) => step !== 1 || first === undefined)) return undefined;
      const firsts = new Map(slices.map(([axis, { first = 0 }]) => [axis, first]));
      return wholes().map((values) => whole(surrounded(builder, values, input, firsts)));
    }
    default: {
      const rule = ELEMENTWISE.includes(op) ? gradientRules[op] : undefined;
      if (!rule) return undefined;
      const [sum] = merged(builder, wholes().map(whole), output.shape);
      if (!sum) return undefined;
      const gradients = [wholeOf(builder, sum, output.shape)];
      const place = { axis: 0, outer: 1, inner: 1 };
      return [whole(throughCopies({ ...context, gradients }, rule, index, place, batch))];
    }
  }
}

const whole = (values: Value): ExampleGradient => ({ type: 'whole', values });

/** Of a matrix, the factors change sides. */
function transposed(
  builder: GraphBuilder,
  gradient: ExampleGradient,
  input: Value,
  output: Value,
  perm: readonly number[],
): ExampleGradient {
  if (gradient.type === 'outer' && output.shape.length === 2 && perm[0] === 1) {
    return { type: 'outer', left: gradient.right, right: gradient.left };
  }
  const inverse = [...input.shape.keys()].map((axis) => perm.indexOf(axis));
  const values = wholeOf(builder, gradient, output.shape);
  return whole(transpose(builder, values, [0, ...inverse.map((axis) => axis + 1)]));
}

/** The part of `values` that belongs to input `index` of a `Concat`. */
function part(
  builder: GraphBuilder,
  values: Value,
  inputs: readonly (Value | null)[],
  index: number,
  axis: number,
): Value {
  const sizes = inputs.map((input) => known(input?.shape[axis] ?? 0));
  const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  const bounds = [[start], [start + (sizes[index] ?? 0)], [axis + 1]].map((each) => vector(builder, each));
  return builder.node('Slice', [values, ...bounds]);
}

/** With zeros around, in the shape of `whole`: along each axis so many before. */
function surrounded(
  builder: GraphBuilder,
  values: Value,
  { shape }: Value,
  firsts: ReadonlyMap<number, number>,
): Value {
  const before = shape.map((_, axis) => firsts.get(axis) ?? 0);
  const behind = shape.map(
    (size, axis) => known(size) - known(values.shape[axis + 1] ?? 0) - (before[axis] ?? 0),
  );
  const pads = [0, ...before, 0, ...behind];
  return pads.every((count) => count === 0) ? values : builder.node('Pad', [values, vector(builder, pads)]);
}
