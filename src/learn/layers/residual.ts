/** Residual blocks: what some layers make, added to what went into them. */
import { ShapeError } from '../../errors.js';
import type { Value } from '../graph.js';
import type { Layer, LayerContext } from './layer.js';

/** Layers one after another, as one layer. */
export function sequence(layers: readonly Layer[]): Layer {
  return (input, context) => layers.reduce((value, layer) => layer(value, context), input);
}

/**
 * x + layers(x) (He et al. 2016).
 *
 * @param projection layers that bring x itself to the shape of what is added to it, where the block changes it
 */
export function residual(layers: readonly Layer[], projection: readonly Layer[] = []): Layer {
  return (input, context) => {
    const made = sequence(layers)(input, context);
    return sumOf(sequence(projection)(input, context), made, context);
  };
}

function sumOf(carried: Value, made: Value, { builder }: LayerContext): Value {
  if (carried.shape.join() === made.shape.join()) return builder.node('Add', [carried, made]);
  throw new ShapeError(
    `a residual block must keep the shape or have a projection to it, got [${carried.shape.join(', ')}] and [${made.shape.join(', ')}]`,
  );
}
