/** Reading and writing of operator attributes. */
import type { Attribute, Attributes } from './graph.js';

export const int = (value: number): Attribute => ({ int: value });
export const ints = (values: readonly number[]): Attribute => ({ ints: values });
export const float = (value: number): Attribute => ({ float: value });
export const text = (value: string): Attribute => ({ string: value });

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

/** The real number of attribute `name`, or `fallback` where it is absent. */
export function floatOf(attributes: Attributes, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute && 'float' in attribute ? attribute.float : fallback;
}

/** The text of attribute `name`, or `fallback` where it is absent. */
export function textOf(attributes: Attributes, name: string, fallback: string): string {
  const attribute = attributes[name];
  return attribute && 'string' in attribute ? attribute.string : fallback;
}
