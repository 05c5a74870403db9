/** A model's parameters: named float32 arrays at fixed places in one contiguous buffer. */
import { ShapeError } from '../errors.js';

/** Name and shape of one parameter; an empty shape is a scalar. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Set for what no optimiser moves: a statistic of the data that training carries along. */
  readonly statistic?: true;
}

/** Where one parameter lies: `offset` and `length` count elements, not bytes. */
export interface LayoutEntry extends ParamSpec {
  readonly offset: number;
  readonly length: number;
}

/** The fixed order and place of all parameters of a model; `size` is their total element count. */
export interface Layout {
  readonly entries: readonly LayoutEntry[];
  readonly size: number;
}

/** Parameters of one model: `values` has `layout.size` elements, entry by entry. */
export interface Params {
  readonly layout: Layout;
  readonly values: Float32Array;
}

/**
 * Lays out parameters one after another in the order given.
 *
 * @throws {ShapeError} when a name is empty or comes twice, or a dimension is not a non-negative integer.
 */
export function createLayout(specs: readonly ParamSpec[]): Layout {
  const seen = new Set<string>();
  let offset = 0;
  const entries = specs.map(({ name, shape, statistic }) => {
    if (name === '' || seen.has(name)) {
      throw new ShapeError(`parameter names must be unique and not empty, got "${name}"`);
    }
    seen.add(name);
    const length = elementCount(name, shape);
    const kind = statistic ? { statistic } : {};
    const entry = Object.freeze({ name, shape: Object.freeze([...shape]), offset, length, ...kind });
    offset += length;
    return entry;
  });
  if (!Number.isSafeInteger(offset)) throw new ShapeError(`parameters have too many elements: ${offset}`);
  return Object.freeze({ entries: Object.freeze(entries), size: offset });
}

function elementCount(name: string, shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`shape of "${name}" must hold non-negative integers, got [${shape.join(', ')}]`);
    }
    count *= size;
  }
  return count;
}

/** Parameters of all zeros, on a buffer of their own. */
export function zeros(layout: Layout): Params {
  return { layout, values: new Float32Array(layout.size) };
}

/**
 * The elements of one parameter, as a view on `params.values` (no copy).
 *
 * @throws {ShapeError} when there is no parameter of that name.
 */
export function paramValues(params: Params, name: string): Float32Array {
  const entry = params.layout.entries.find((candidate) => candidate.name === name);
  if (!entry) throw new ShapeError(`no parameter is named "${name}"`);
  return params.values.subarray(entry.offset, entry.offset + entry.length);
}

/**
 * Checks that `actual` has the names and shapes of `expected`, in the same order.
 *
 * @throws {ShapeError} naming the first difference.
 */
export function assertSameLayout(expected: Layout, actual: Layout, argument: string): void {
  const length = Math.max(expected.entries.length, actual.entries.length);
  for (let index = 0; index < length; index++) {
    const want = describe(expected.entries[index]);
    const got = describe(actual.entries[index]);
    if (want !== got) throw new ShapeError(`${argument} must have ${want} as parameter ${index}, got ${got}`);
  }
}

function describe(entry: LayoutEntry | undefined): string {
  return entry ? `"${entry.name}" [${entry.shape.join(', ')}]` : 'nothing';
}
