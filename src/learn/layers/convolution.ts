/** Convolutions. */
import { ConfigError, ShapeError } from '../../errors.js';
import { int, ints } from '../attributes.js';
import { known } from '../shapes.js';
import { checkSize, glorotUniform, type Layer } from './layer.js';

/** Options of convolutions. Steps are in pixels (or places in time) along every axis. */
export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** `same` keeps the size at stride 1 (default); `valid` adds nothing; a number adds zeros at both ends. */
  readonly padding?: 'same' | 'valid' | number;
  /** Distance of the elements that a kernel takes; default 1. */
  readonly dilation?: number;
  /** Into how many groups the channels fall, each with filters of its own; default 1. */
  readonly groups?: number;
  /** Whether a bias is added; default true. Before a normalisation it changes nothing. */
  readonly bias?: boolean;
}

/**
 * 1-d convolution of [batch, channels, length] with kernels [filters, channels / groups, k]. Starts
 * Glorot-uniform, biases at zero.
 *
 * @param kernelSize odd where padding is `same`
 */
export function conv1d(filters: number, kernelSize: number, options: ConvolutionOptions = {}): Layer {
  return convolution('conv1d', 1, filters, kernelSize, options);
}

/**
 * 2-d convolution of [batch, channels, height, width] with square kernels [filters, channels / groups, k, k].
 * Starts Glorot-uniform, biases at zero.
 *
 * @param kernelSize odd where padding is `same`
 */
export function conv2d(filters: number, kernelSize: number, options: ConvolutionOptions = {}): Layer {
  return convolution('conv2d', 2, filters, kernelSize, options);
}

function convolution(
  kind: 'conv1d' | 'conv2d',
  axes: 1 | 2,
  filters: number,
  kernelSize: number,
  options: ConvolutionOptions,
): Layer {
  const { stride = 1, padding = 'same', dilation = 1, groups = 1, bias = true } = options;
  const sizes = { filters, kernelSize, stride, dilation, groups };
  for (const [argument, value] of Object.entries(sizes)) checkSize(argument, value);
  const pad = padOf(padding, kernelSize, dilation);
  if (filters % groups !== 0) {
    throw new ConfigError(`filters must be a multiple of groups (${groups}), got ${filters}`);
  }
  const each = (value: number, count: number = axes) => ints(new Array<number>(count).fill(value));
  return (input, context) => {
    if (input.shape.length !== axes + 2) {
      const words = axes === 1 ? '[batch, channels, length]' : '[batch, channels, height, width]';
      throw new ShapeError(`${kind} must have ${words}, got [${input.shape.join(', ')}]`);
    }
    const channels = known(input.shape[1] ?? 0);
    if (channels % groups !== 0) {
      throw new ShapeError(
        `the channels of ${kind} must be a multiple of groups (${groups}), got ${channels}`,
      );
    }
    const name = `conv${context.nextOf('conv')}`;
    const kernel = new Array<number>(axes).fill(kernelSize);
    const area = kernelSize ** axes;
    const fans = glorotUniform((channels / groups) * area, (filters / groups) * area);
    const weight = context.parameter(`${name}.weight`, [filters, channels / groups, ...kernel], fans);
    const added = bias ? [context.parameter(`${name}.bias`, [filters], 'zeros')] : [];
    return context.builder.node('Conv', [input, weight, ...added], {
      pads: each(pad, 2 * axes),
      strides: each(stride),
      kernel_shape: ints(kernel),
      ...(dilation > 1 ? { dilations: each(dilation) } : {}),
      ...(groups > 1 ? { group: int(groups) } : {}),
    });
  };
}

function padOf(padding: 'same' | 'valid' | number, kernelSize: number, dilation: number): number {
  if (padding === 'valid') return 0;
  if (padding !== 'same') {
    if (Number.isSafeInteger(padding) && padding >= 0) return padding;
    throw new ConfigError(`padding must be "same", "valid" or a number from 0 on, got ${padding}`);
  }
  if (kernelSize % 2 === 0) {
    throw new ConfigError(`kernelSize must be odd where padding is "same", got ${kernelSize}`);
  }
  return ((kernelSize - 1) / 2) * dilation;
}
