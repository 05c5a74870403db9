/** What a shape rule is, and what shape rules share. */
import { ConfigError, ShapeError } from '../../errors.js';
import { integersOf } from '../attributes.js';
import type { Attributes, Dim, DType, Value } from '../graph.js';

/** Element type and shape of a value, and its elements where they are sizes that follow from shapes. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  readonly elements?: readonly Dim[];
}

export type Inputs = readonly (Value | null | undefined)[];

/** The types of a node's outputs; `outputCount` is how many the graph asks for. */
export type ShapeRule = (inputs: Inputs, attributes: Attributes, outputCount: number) => ValueType[];

/** An input that the operator requires. */
export function must(value: Value | null | undefined): Value {
  if (!value) throw new ShapeError('an operator lacks a required input');
  return value;
}

/** The size of an axis that must be there. */
export function dim(value: Value | null | undefined, axis: number): Dim {
  const size = must(value).shape[axis];
  if (size === undefined) throw new ShapeError(`${describe(value)} must have an axis ${axis}`);
  return size;
}

/** Name and shape, for messages. */
export function describe(value: Value | null | undefined): string {
  return `"${must(value).name}" [${must(value).shape.join(', ')}]`;
}

/** The elements of a constant, or of a value that was computed from shapes; undefined where neither is so. */
export function elementsOf(value: Value | null | undefined): readonly Dim[] | undefined {
  if (value?.dtype === 'float32') return undefined;
  if (value && 'data' in value) return value.data as readonly number[];
  if (value && 'elements' in value) return value.elements as readonly Dim[];
  return undefined;
}

/** As `elementsOf`, where the graph cannot be compiled without them. */
export function mustElements(op: string, what: string, value: Value | null | undefined): readonly Dim[] {
  const elements = elementsOf(value);
  if (elements) return elements;
  throw new ConfigError(
    `${what} of ${op} must be constant or follow from shapes, got the computed ${describe(value)}`,
  );
}

/** As `mustElements`, all of them numbers. */
export function mustNumbers(op: string, what: string, value: Value | null | undefined): readonly number[] {
  return mustElements(op, what, value).map((element) => {
    if (typeof element === 'number') return element;
    throw new ConfigError(`${what} of ${op} must be known before the graph runs, got "${element}"`);
  });
}

/** An axis counted from the front, 0 to `rank` - 1. */
export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) {
    throw new ShapeError(`axis must be from ${-rank} to ${rank - 1}, got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes from the second input (as of opset 13 or 18) or the attribute (before); undefined where there are none. */
export function axesOf(op: string, inputs: Inputs, attributes: Attributes): readonly number[] | undefined {
  if (inputs[1]) return mustNumbers(op, 'axes', inputs[1]);
  return attributes.axes ? integersOf(attributes, 'axes') : undefined;
}

/** The shape of what values of these shapes are broadcast to. */
export function broadcastShapes(values: readonly Value[]): Dim[] {
  const rank = Math.max(...values.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    values.reduce<Dim>((size, { shape }) => {
      const next = shape[axis - rank + shape.length] ?? 1;
      if (size === next || next === 1) return size;
      if (size === 1) return next;
      throw new ShapeError(`shapes must broadcast, got ${values.map(describe).join(' and ')}`);
    }, 1),
  );
}

export const sameAsFirst: ShapeRule = ([first]) => [{ dtype: must(first).dtype, shape: must(first).shape }];
