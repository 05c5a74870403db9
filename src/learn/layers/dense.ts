/** Fully connected layers, and what stands before them. */
import { ShapeError } from '../../errors.js';
import { int } from '../attributes.js';
import { reshape } from '../gradients/nodes.js';
import type { Value } from '../graph.js';
import { known } from '../shapes.js';
import { checkSize, glorotUniform, type Layer, type LayerContext } from './layer.js';

/**
 * Fully connected: y = x W + b with W of [inputs, units], on [batch, inputs] or, position by position, on
 * [batch, time, inputs]. Starts Glorot-uniform, biases at zero.
 */
export function dense(units: number): Layer {
  checkSize('units', units);
  return (input, context) => projected(input, context, `dense${context.nextOf('dense')}`, units);
}

/**
 * The last axis of `input` times `name.weight` plus `name.bias`. All positions are rows of one matrix product,
 * which the update of the weight fuses with.
 *
 * @throws {ShapeError} for other than two or three axes.
 */
export function projected(input: Value, context: LayerContext, name: string, units: number): Value {
  const { shape } = input;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new ShapeError(
      `${name} must have [batch, features] or [batch, time, features], got [${shape.join(', ')}]`,
    );
  }
  const { builder } = context;
  const inputs = known(shape.at(-1) ?? 0);
  const weight = context.parameter(`${name}.weight`, [inputs, units], glorotUniform(inputs, units));
  const bias = context.parameter(`${name}.bias`, [units], 'zeros');
  if (shape.length === 2) return builder.node('Gemm', [input, weight, bias]);
  const rows = builder.node('Flatten', [input], { axis: int(2) });
  return reshape(builder, builder.node('Gemm', [rows, weight, bias]), shape.with(2, units));
}

/** All axes but the batch in one. */
export function flatten(): Layer {
  return (input, { builder }) =>
    input.shape.length === 2 ? input : builder.node('Flatten', [input], { axis: int(1) });
}
