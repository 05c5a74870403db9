/** Activations, element by element; `softmax` along the last axis. */
import { ConfigError } from '../../errors.js';
import { float, int } from '../attributes.js';
import type { GraphBuilder, Value } from '../graph.js';
import type { Layer } from './layer.js';

/** max(x, 0), element by element. */
export function relu(): Layer {
  return (input, { builder }) => builder.node('Relu', [input]);
}

/** x where it is positive, else `slope` times x (Maas et al. 2013); `slope` is finite, by default 0.01. */
export function leakyRelu(slope = 0.01): Layer {
  checkFinite('slope', slope);
  return (input, { builder }) => builder.node('LeakyRelu', [input], { alpha: float(slope) });
}

/** x where it is positive, else `alpha` (e^x - 1) (Clevert et al. 2016); `alpha` is finite, by default 1. */
export function elu(alpha = 1): Layer {
  checkFinite('alpha', alpha);
  return (input, { builder }) => builder.node('Elu', [input], { alpha: float(alpha) });
}

/** log(1 + e^x). */
export function softplus(): Layer {
  return (input, { builder }) => builder.node('Softplus', [input]);
}

/** 1 / (1 + e^-x). */
export function sigmoid(): Layer {
  return (input, { builder }) => builder.node('Sigmoid', [input]);
}

/** The hyperbolic tangent. */
export function tanh(): Layer {
  return (input, { builder }) => builder.node('Tanh', [input]);
}

/** x times the normal distribution function of x (Hendrycks and Gimpel 2016), not its approximation. */
export function gelu(): Layer {
  return (input, { builder }) => geluOf(builder, input, false);
}

/** x times sigmoid(x), also named swish (Ramachandran et al. 2017). */
export function silu(): Layer {
  return (input, { builder }) => builder.node('Mul', [input, builder.node('Sigmoid', [input])]);
}

/** A swish of straight lines (Howard et al. 2019): x times (x + 3) / 6 from -3 to 3, 0 before, x behind. */
export function hardSwish(): Layer {
  return (input, { builder }) => builder.node('HardSwish', [input]);
}

/**
 * Shares that sum to one along the last axis, for the middle of a model: at its end, losses take logits and have
 * the softmax inside.
 */
export function softmax(): Layer {
  return (input, { builder }) => builder.node('Softmax', [input], { axis: int(-1) });
}

/** Gelu in the operators of opset 17; `approximate` stands a tanh in for the distribution function. */
export function geluOf(builder: GraphBuilder, x: Value, approximate: boolean): Value {
  const number = (value: number) => builder.constant('float32', [], [value]);
  const times = (a: Value, b: Value) => builder.node('Mul', [a, b]);
  const cubic = () => builder.node('Add', [x, times(number(0.044715), times(x, times(x, x)))]);
  const bent = approximate
    ? builder.node('Tanh', [times(cubic(), number(Math.sqrt(2 / Math.PI)))])
    : builder.node('Erf', [times(x, number(Math.SQRT1_2))]);
  return times(times(x, number(0.5)), builder.node('Add', [bent, number(1)]));
}

function checkFinite(argument: string, value: number): void {
  if (!Number.isFinite(value)) throw new ConfigError(`${argument} must be a finite number, got ${value}`);
}
