/** Reading and writing of operator attributes. */
import type { Attribute, Attributes } from './graph.js';

export const int = (value: number): Attribute => ({ int: value });
export const ints = (values: readonly number[]): Attribute => ({ ints: values });

/** The integer attribute `name`, or `fallback` where it is absent. */
export function integerOf(attributes: Attributes, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute && 'int' in attribute ? attribute.int : fallback;
}

/** The integers of attribute `name`, none where it is absent. */
export function integersOf(attributes: Attributes, name: string): readonly number[] {
  const attribute = attributes[name];
  return attribute && 'ints' in attribute ? attribute.ints : [];
}
