/** A safetensors file beside the layout that it must have: what fits, and the sentences for what does not. */
import { ProtocolError, ShapeError } from '../errors.js';
import type { Layout, LayoutEntry, ParamSpec } from './layout.js';

/** A hostile file must not fill the log. */
const MOST_QUOTED = 120;

/**
 * For every entry of `layout`, in its order, where the parameter lies in a file of layout `found`.
 *
 * @param argument what the file is called in error messages
 * @throws {ShapeError} naming a parameter that is missing, wrongly shaped or one too many.
 */
export function matchLayout(layout: Layout, found: Layout, argument: string): LayoutEntry[] {
  const unused = new Map(found.entries.map((entry) => [entry.name, entry]));
  const sources = layout.entries.map((entry) => {
    const source = unused.get(entry.name);
    if (!source)
      throw new ShapeError(`${argument} must have ${describe(entry)}, got no parameter of that name`);
    if (describe(source) !== describe(entry)) {
      throw new ShapeError(`${argument} must have ${describe(entry)}, got ${shorten(describe(source))}`);
    }
    unused.delete(entry.name);
    return source;
  });
  for (const extra of unused.values()) {
    throw new ShapeError(
      `${argument} must have only parameters of the model, got ${shorten(describe(extra))}`,
    );
  }
  return sources;
}

/** A ProtocolError, with the argument that was no such file named in front; any other fault as it is. */
export function asFileFault(fault: unknown, argument: string): unknown {
  if (!(fault instanceof ProtocolError)) return fault;
  return new ProtocolError(`${argument} must be a safetensors file: ${fault.message}`, { cause: fault });
}

function describe({ name, shape }: ParamSpec): string {
  return `"${name}" [${shape.join(', ')}]`;
}

function shorten(text: string): string {
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}...` : text;
}
