/** Finds a run by its name or its path. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors.js';

/**
 * The folder of a run.
 *
 * @param name a run in `root`, or the path of one
 * @throws {StoreError} when there is neither.
 */
export function locateRun(name: string, root: string): string {
  const found = [join(root, name), name].find((path) => existsSync(path));
  if (!found) throw new StoreError(`run must be a run in ${root} or the path of one, got "${name}"`);
  return found;
}
