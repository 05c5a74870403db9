/** Dropout. */
import { ConfigError } from '../../errors.js';
import type { Layer } from './layer.js';

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
