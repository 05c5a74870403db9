/** Shapes of ONNX's recurrent operators. */
import { ShapeError } from '../../errors.js';
import { integerOf, textOf } from '../attributes.js';
import { describe, dim, must, type ShapeRule } from './rule.js';

const recurrence =
  (gates: number, outputs: number): ShapeRule =>
  ([x, w, r], attributes, outputCount) => {
    const directions = textOf(attributes, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
    const units = dim(r, 2);
    const wanted = integerOf(attributes, 'hidden_size', Number(units));
    const rows = gates * Number(units);
    const [weight, recurrent] = [must(w).shape, must(r).shape];
    const fits =
      must(x).shape.length === 3 &&
      weight.length === 3 &&
      recurrent.length === 3 &&
      weight[0] === directions &&
      recurrent[0] === directions &&
      weight[1] === rows &&
      recurrent[1] === rows &&
      weight[2] === dim(x, 2) &&
      wanted === units;
    if (!fits) {
      throw new ShapeError(
        `a recurrence must have [time, batch, features] and matrices of ${directions} directions and ${gates} gates, got ${[x, w, r].map(describe).join(' and ')}`,
      );
    }
    const last = { dtype: 'float32' as const, shape: [directions, dim(x, 1), units] };
    const all = { dtype: 'float32' as const, shape: [dim(x, 0), directions, dim(x, 1), units] };
    return [all, last, last].slice(0, Math.min(outputs, Math.max(outputCount, 1)));
  };

export const recurrentShapes = {
  LSTM: recurrence(4, 3),
  GRU: recurrence(3, 2),
  RNN: recurrence(1, 2),
} satisfies Record<string, ShapeRule>;
