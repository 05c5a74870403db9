/** Pools. */
import { ints } from '../attributes.js';
import { checkSize, type Layer } from './layer.js';

/** The largest of each window of `size` by `size` pixels; windows do not overlap. */
export function maxPool(size: number): Layer {
  checkSize('size', size);
  const attributes = { kernel_shape: ints([size, size]), strides: ints([size, size]) };
  return (input, { builder }) => builder.node('MaxPool', [input], attributes);
}
