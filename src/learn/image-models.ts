/** The bodies of the image models that have a name: all layers but the last, on [batch, channels, height, width]. */
import { relu } from './layers/activation.js';
import { conv2d } from './layers/convolution.js';
import { dense, flatten } from './layers/dense.js';
import type { Layer } from './layers/layer.js';
import { batchNorm } from './layers/normalization.js';
import { globalAveragePool, maxPool } from './layers/pooling.js';
import { residual } from './layers/residual.js';

/**
 * McMahan et al. 2017, section 3: two 5x5 convolutions (32, 64), pooled, and 512 units; with 10 classes of MNIST
 * 1,663,370 parameters.
 */
export function cnnBody(): Layer[] {
  // The largest of a window may be taken before or after relu: before leaves relu a quarter of the work.
  const blocks = [32, 64].flatMap((filters) => [conv2d(filters, 5), maxPool(2), relu()]);
  return [...blocks, flatten(), dense(512), relu()];
}

/**
 * LeNet-5 (LeCun et al. 1998) as it is built today, with relu and max-pooling; with 10 classes of MNIST 61,706
 * parameters.
 */
export function lenetBody(): Layer[] {
  return [
    conv2d(6, 5),
    maxPool(2),
    relu(),
    conv2d(16, 5, { padding: 'valid' }),
    maxPool(2),
    relu(),
    flatten(),
    dense(120),
    relu(),
    dense(84),
    relu(),
  ];
}

/**
 * A small residual net (He et al. 2016, section 4.2, with n = 1) with batch normalisation: a block each of 16, 32
 * and 64 filters, whose shortcuts are 1x1 convolutions where the size changes; with 10 classes of MNIST 77,754
 * parameters and 672 running statistics.
 */
export function resnetBody(): Layer[] {
  const normalised = (filters: number, size: number, stride = 1) => [
    conv2d(filters, size, { stride, bias: false }),
    batchNorm(),
  ];
  const block = (filters: number, stride: number) => {
    const body = [...normalised(filters, 3, stride), relu(), ...normalised(filters, 3)];
    return [residual(body, stride === 1 ? [] : normalised(filters, 1, stride)), relu()];
  };
  return [
    ...normalised(16, 3),
    relu(),
    ...block(16, 1),
    ...block(32, 2),
    ...block(64, 2),
    globalAveragePool(),
  ];
}
