/** The layers that models are built from; each writes its operators into a graph and declares its parameters. */
import { ConfigError } from '../errors.js';
import { int, ints } from './attributes.js';
import type { Dim, GraphBuilder, Value } from './graph.js';
import { known } from './shapes.js';

/** How a parameter starts: all zeros, uniform on [-limit, limit], or at given values, row-major. */
export type Initializer = 'zeros' | { readonly uniformLimit: number } | { readonly values: Float32Array };

/** Where a layer writes. */
export interface LayerContext {
  readonly builder: GraphBuilder;
  /** A number for this layer among its kind, from 1, for parameter names. */
  nextOf(kind: string): number;
  parameter(name: string, shape: readonly number[], initializer: Initializer): Value;
  /**
   * A random mask of a shape: each element is 0 with probability `rate`, else 1 / (1 - rate). Null in the
   * graph that evaluates, where nothing is masked.
   */
  mask(shape: readonly Dim[], rate: number): Value | null;
}

/** From what the layer before made to what this one makes. Axis 0 is the batch. */
export type Layer = (input: Value, context: LayerContext) => Value;

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

/** Options of `conv2d`: `stride` in pixels (default 1); `padding` `same` keeps the size at stride 1 (default). */
export interface Conv2dOptions {
  readonly stride?: number;
  readonly padding?: 'same' | 'valid';
}

/**
 * 2-d convolution of [batch, channels, height, width] with square kernels [filters, channels, k, k].
 * Starts Glorot-uniform, biases at zero.
 *
 * @param kernelSize odd where padding is `same`
 */
export function conv2d(filters: number, kernelSize: number, options: Conv2dOptions = {}): Layer {
  const { stride = 1, padding = 'same' } = options;
  checkSize('filters', filters);
  checkSize('kernelSize', kernelSize);
  checkSize('stride', stride);
  if (padding === 'same' && kernelSize % 2 === 0) {
    throw new ConfigError(`kernelSize must be odd where padding is "same", got ${kernelSize}`);
  }
  const pad = padding === 'same' ? (kernelSize - 1) / 2 : 0;
  return (input, context) => {
    const channels = known(input.shape[1] ?? 0);
    const area = kernelSize * kernelSize;
    const name = `conv${context.nextOf('conv')}`;
    const shape = [filters, channels, kernelSize, kernelSize];
    const weight = context.parameter(`${name}.weight`, shape, glorotUniform(channels * area, filters * area));
    const bias = context.parameter(`${name}.bias`, [filters], 'zeros');
    return context.builder.node('Conv', [input, weight, bias], {
      pads: ints([pad, pad, pad, pad]),
      strides: ints([stride, stride]),
      kernel_shape: ints([kernelSize, kernelSize]),
    });
  };
}

/** The largest of each window of `size` by `size` pixels; windows do not overlap. */
export function maxPool(size: number): Layer {
  checkSize('size', size);
  const attributes = { kernel_shape: ints([size, size]), strides: ints([size, size]) };
  return (input, { builder }) => builder.node('MaxPool', [input], attributes);
}

/** max(x, 0), element by element. */
export function relu(): Layer {
  return (input, { builder }) => builder.node('Relu', [input]);
}

/** All axes but the batch in one. */
export function flatten(): Layer {
  return (input, { builder }) =>
    input.shape.length === 2 ? input : builder.node('Flatten', [input], { axis: int(1) });
}

/**
 * While training, sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate)
 * (Srivastava et al. 2014); while evaluating, nothing.
 *
 * @param rate from 0 to below 1
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new ConfigError(`rate must be from 0 to below 1, got ${rate}`);
  return (input, { builder, mask }) => {
    const masked = rate > 0 ? mask(input.shape, rate) : null;
    return masked ? builder.node('Mul', [input, masked]) : input;
  };
}

/** Glorot and Bengio (2010), equation 16. */
function glorotUniform(fanIn: number, fanOut: number): Initializer {
  return { uniformLimit: Math.sqrt(6 / (fanIn + fanOut)) };
}

function checkSize(argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${argument} must be a positive integer, got ${value}`);
  }
}
