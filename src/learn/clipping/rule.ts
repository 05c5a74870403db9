/** What a rule for the gradient of every example is, and what all of them share. */
import { ConfigError } from '../../errors.js';
import type { RuleContext } from '../gradients/rule.js';
import type { Dim, Value } from '../graph.js';
import type { ExampleGradient } from './example-gradient.js';
import type { Factor } from './factor.js';
import { type Place, rowsByExample } from './place.js';

/** A node where a value that all examples share meets values of examples, seen by its rule. */
export interface ExampleContext extends RuleContext {
  /** The size of the batch. */
  readonly batch: Dim;
  /** Where examples lie in an input; undefined where all examples share it. */
  place(index: number): Place | undefined;
  /** Where examples lie in the first output, and in the gradient by it. */
  readonly outputPlace: Place;
  /** Which node of an imported model this is, for messages. */
  readonly origin: string | undefined;
}

/** Gives the gradient of every example by the shared input `index`. */
export type ExampleRule = (context: ExampleContext, index: number) => ExampleGradient;

/** The last axis of a value of examples as vectors, one for each of its other elements. */
export function vectorsOf({ builder, batch }: ExampleContext, value: Value, place: Place): Factor {
  return { type: 'rows', values: rowsByExample(builder, value, place, batch) };
}

/** The place of an input that must hold examples. */
export function mustPlace(context: ExampleContext, index: number): Place {
  const place = context.place(index);
  if (!place) throw noRule(context, 1 - index);
  return place;
}

/** Says that nothing is known about the gradient of each example by input `index`. */
export function noRule(
  { op, origin, inputs, outputs }: Pick<ExampleContext, 'op' | 'origin' | 'inputs' | 'outputs'>,
  index: number,
): ConfigError {
  const node = origin ?? `the node that makes "${outputs[0]?.name}"`;
  return new ConfigError(
    `exampleClippingNorm must be left out where ${op} (${node}) uses "${inputs[index]?.name}": the gradient of each example by it is not known`,
  );
}
