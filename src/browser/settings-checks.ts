/** Checks of what several parts of a page are told. */
import { ConfigError } from '../errors.js';

const STORAGE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;

/** @throws {ConfigError} when a text can not name a storage. */
export function checkStorage(argument: string, name: string): void {
  if (STORAGE.test(name)) return;
  throw new ConfigError(
    `${argument} must be 1 to 60 letters, digits, ".", "_" and "-", beginning with a letter or digit, got ${JSON.stringify(name)}`,
  );
}
