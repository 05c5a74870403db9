/**
 * The gradient of every example by a value that was broadcast to them: the value is taken as one copy an example,
 * and the ordinary gradient rule of the operator gives the gradient by each copy.
 */
import { joined, reshape, shapeOf, vector } from '../gradients/nodes.js';
import type { GradientRule, RuleContext } from '../gradients/rule.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';
import { type Place, sumByExample } from './place.js';

/**
 * The gradients by the input `index` of a node whose output, and the gradient by it, hold examples at `place`:
 * [batch, ...shape of the input].
 *
 * @param rule of an operator that broadcasts
 * @param copied other inputs that the rule must see as copies too
 */
export function throughCopies(
  context: RuleContext,
  rule: GradientRule,
  index: number,
  place: Place,
  batch: Dim,
  copied: readonly number[] = [index],
): Value {
  const { builder } = context;
  const like = context.gradients[0] as Value;
  const inputs = context.inputs.map((input, at) =>
    input && copied.includes(at) ? copyOf(builder, input, like, place) : input,
  );
  const gradient = rule({ ...context, inputs, wants: (at) => at === index })[index] as Value;
  return sumByExample(builder, gradient, place, batch, context.inputs[index]?.shape ?? []);
}

/** `value` once for each element of the axis at `place` of `like`, with which it is broadcast. */
function copyOf(builder: GraphBuilder, value: Value, like: Value, { axis }: Place): Value {
  const rank = like.shape.length;
  const wide: Dim[] = [...Array<Dim>(rank - value.shape.length).fill(1), ...value.shape];
  const shape = wide.with(axis, like.shape[axis] ?? 1);
  const target = joined(builder, [
    shapeVector(builder, wide.slice(0, axis)),
    shapeOf(builder, like, axis, axis + 1),
    shapeVector(builder, wide.slice(axis + 1)),
  ]);
  return builder.node('Expand', [reshape(builder, value, wide), target], {}, { dtype: 'float32', shape });
}

function shapeVector(builder: GraphBuilder, sizes: readonly Dim[]): Value {
  return vector(builder, sizes.map(Number));
}
