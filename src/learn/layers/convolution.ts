/** Convolutions. */
import { ConfigError } from '../../errors.js';
import { ints } from '../attributes.js';
import { known } from '../shapes.js';
import { checkSize, glorotUniform, type Layer } from './layer.js';

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
