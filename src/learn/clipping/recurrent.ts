/** The gradients of every example by the matrices and biases of recurrences. */
import { integerOf } from '../attributes.js';
import { recurrentRules } from '../gradients/recurrent.js';
import type { Value } from '../graph.js';
import { sumByExample } from './place.js';
import { type ExampleRule, noRule, vectorsOf } from './rule.js';

/**
 * The ordinary rule ends, for each shared input, in a product of all steps of all examples with each other, or in a
 * sum over them: what goes into it holds every example's part.
 */
const unrolled: ExampleRule = (context, index) => {
  const { builder, batch, attributes } = context;
  const rule = recurrentRules[context.op as keyof typeof recurrentRules];
  const gradient = rule({ ...context, wants: (at) => at === index })[index];
  const last = gradient && builder.producer(gradient);
  const [left, right] = (last?.inputs ?? []).map((name) => builder.value(name)) as [Value, Value];
  const place = { axis: 0, outer: integerOf(attributes, 'steps', 1), inner: 1 };
  switch (last?.op) {
    case 'Gemm':
      return {
        type: 'outer',
        left: vectorsOf(context, left, place),
        right: vectorsOf(context, right, place),
      };
    case 'ReduceSum': {
      const { shape } = context.inputs[index] as Value;
      return { type: 'whole', values: sumByExample(builder, left, place, batch, shape) };
    }
    default:
      throw noRule(context, index);
  }
};

export const recurrentExampleRules = { GruSteps: unrolled, LstmSteps: unrolled } satisfies Record<
  string,
  ExampleRule
>;
