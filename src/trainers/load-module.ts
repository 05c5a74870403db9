/** Loads a user's module, TypeScript or JavaScript: trainers and configuration files. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { ConfigError } from '../errors.js';

/**
 * The default export of a module.
 *
 * @param argument what the module is, for the error's sentence
 * @param location a path or a file URL; relative paths start at the working directory
 * @throws {ConfigError} when it cannot be loaded.
 */
export async function loadDefaultExport(argument: string, location: string): Promise<unknown> {
  const path = location.startsWith('file:') ? fileURLToPath(location) : resolve(location);
  try {
    const module = (await createJiti(path).import(path)) as { default?: unknown };
    return module.default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ConfigError(`${argument} must be a module that loads, got ${location}: ${reason}`, { cause });
  }
}
