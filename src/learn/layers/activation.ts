/** Activations, element by element. */
import type { Layer } from './layer.js';

/** max(x, 0), element by element. */
export function relu(): Layer {
  return (input, { builder }) => builder.node('Relu', [input]);
}
