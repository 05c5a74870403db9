/** Pools, along all axes behind the channels: one of sequences, two of images. */
import { ConfigError, ShapeError } from '../../errors.js';
import { int, ints } from '../attributes.js';
import type { Attributes, Value } from '../graph.js';
import { checkSize, type Layer } from './layer.js';

/** Options of pools: `stride` (default: the window's size, so that windows do not overlap) and `padding` (0). */
export interface PoolOptions {
  readonly stride?: number;
  /** At both ends of every axis; at most half the window. What is added never counts. */
  readonly padding?: number;
}

/** The largest of each window of `size` (of images: `size` by `size`). */
export function maxPool(size: number, options: PoolOptions = {}): Layer {
  return pool('MaxPool', size, options);
}

/** The mean of each window of `size` (of images: `size` by `size`), of those elements that are there. */
export function averagePool(size: number, options: PoolOptions = {}): Layer {
  return pool('AveragePool', size, options);
}

/** The mean of each channel: [batch, channels]. */
export function globalAveragePool(): Layer {
  return globalPool('GlobalAveragePool');
}

/** The largest of each channel: [batch, channels]. */
export function globalMaxPool(): Layer {
  return globalPool('GlobalMaxPool');
}

function pool(
  op: 'MaxPool' | 'AveragePool',
  size: number,
  { stride = size, padding = 0 }: PoolOptions,
): Layer {
  checkSize('size', size);
  checkSize('stride', stride);
  if (!Number.isSafeInteger(padding) || padding < 0 || padding > size / 2) {
    throw new ConfigError(`padding must be an integer from 0 to half the size (${size}), got ${padding}`);
  }
  return (input, { builder }) => {
    const axes = spatialAxes(op, input);
    const each = (value: number, count = axes) => ints(new Array<number>(count).fill(value));
    const pads: Attributes = padding > 0 ? { pads: each(padding, 2 * axes) } : {};
    return builder.node(op, [input], { kernel_shape: each(size), strides: each(stride), ...pads });
  };
}

function globalPool(op: 'GlobalAveragePool' | 'GlobalMaxPool'): Layer {
  return (input, { builder }) => {
    spatialAxes(op, input);
    return builder.node('Flatten', [builder.node(op, [input])], { axis: int(1) });
  };
}

function spatialAxes(op: string, { shape }: Value): number {
  if (shape.length >= 3) return shape.length - 2;
  throw new ShapeError(`${op} must have [batch, channels, ...places], got [${shape.join(', ')}]`);
}
