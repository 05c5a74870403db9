/** The sliding windows of convolutions and pools: their attributes, defaults filled in, and how many fit. */
import { ShapeError } from '../errors.js';
import { integerOf, integersOf, textOf } from './attributes.js';
import type { Attributes, Dim, Value } from './graph.js';
import { known, nested } from './shapes/dims.js';

/** One entry a spatial axis (axes 2 and up of the input). */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before the first element. */
  readonly begins: readonly number[];
  /** Zeros behind the last element. */
  readonly ends: readonly number[];
  readonly group: number;
  /** Whether a last window may reach beyond the end. */
  readonly ceil: boolean;
}

/** The windows that `attributes` describe on `x`, with kernels of sizes `kernel`. */
export function windowsOf(x: Value, kernel: readonly Dim[], attributes: Attributes): Windows {
  const sizes = kernel.map(known);
  const filled = (name: string) => sizes.map((_, axis) => integersOf(attributes, name)[axis] ?? 1);
  const [strides, dilations] = [filled('strides'), filled('dilations')];
  const pads = integersOf(attributes, 'pads');
  const ceil = integerOf(attributes, 'ceil_mode', 0) === 1;
  const group = integerOf(attributes, 'group', 1);
  const automatic = textOf(attributes, 'auto_pad', 'NOTSET');
  const total = sizes.map((size, axis) => {
    if (!automatic.startsWith('SAME')) return 0;
    const length = known(x.shape[axis + 2] ?? 0);
    const stride = strides[axis] ?? 1;
    const reached = (Math.ceil(length / stride) - 1) * stride + (size - 1) * (dilations[axis] ?? 1) + 1;
    return Math.max(reached - length, 0);
  });
  const half = automatic === 'SAME_LOWER' ? Math.ceil : Math.floor;
  return {
    kernel: sizes,
    strides,
    dilations,
    begins: total.map((sum, axis) => half(sum / 2) + (pads[axis] ?? 0)),
    ends: total.map((sum, axis) => sum - half(sum / 2) + (pads[axis + sizes.length] ?? 0)),
    group,
    ceil,
  };
}

/** How many windows there are along each spatial axis of `x`. */
export function placesOf(x: Value, windows: Windows): Dim[] {
  return windows.kernel.map((_, axis) => {
    const length = x.shape[axis + 2];
    if (length === undefined) {
      throw new ShapeError(`"${x.name}" [${x.shape.join(', ')}] must have an axis ${axis + 2}`);
    }
    const stride = windows.strides[axis] ?? 1;
    const begin = windows.begins[axis] ?? 0;
    const added = begin + (windows.ends[axis] ?? 0) - extentOf(windows, axis);
    if (typeof length === 'string') {
      if (stride === 1) return added === -1 ? length : nested(`${length}+${added + 1}`);
      return nested(`${length}+${added}/${stride}+1${windows.ceil ? '^' : ''}`);
    }
    const steps = (length + added) / stride;
    const places = (windows.ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (places < 1 || length + added < 0) {
      const size = windows.kernel[axis];
      throw new ShapeError(
        `the window must fit into its input, got ${size} on "${x.name}" [${x.shape.join(', ')}]`,
      );
    }
    // A window that would start behind the last element is left out.
    return windows.ceil && (places - 1) * stride >= length + begin ? places - 1 : places;
  });
}

/** How many elements a window spans, gaps included. */
export function extentOf(windows: Windows, axis: number): number {
  return ((windows.kernel[axis] ?? 1) - 1) * (windows.dilations[axis] ?? 1) + 1;
}
