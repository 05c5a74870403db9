/** Fully connected layers, and what stands before them. */
import { int } from '../attributes.js';
import { known } from '../shapes.js';
import { checkSize, glorotUniform, type Layer } from './layer.js';

/** Fully connected: y = x W + b with W of [inputs, units]. Starts Glorot-uniform, biases at zero. */
export function dense(units: number): Layer {
  checkSize('units', units);
  return (input, context) => {
    const inputs = known(input.shape[1] ?? 0);
    const name = `dense${context.nextOf('dense')}`;
    const weight = context.parameter(`${name}.weight`, [inputs, units], glorotUniform(inputs, units));
    const bias = context.parameter(`${name}.bias`, [units], 'zeros');
    return context.builder.node('Gemm', [input, weight, bias]);
  };
}

/** All axes but the batch in one. */
export function flatten(): Layer {
  return (input, { builder }) =>
    input.shape.length === 2 ? input : builder.node('Flatten', [input], { axis: int(1) });
}
