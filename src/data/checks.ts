/** Checks of numbers that a caller hands in. */
import { ConfigError } from '../errors.js';

/** @throws {ConfigError} when `value` is not an integer from `low` to `high`. */
export function requireInteger(argument: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new ConfigError(`${argument} must be an integer from ${low} to ${high}, got ${value}`);
  }
}

/** @throws {ConfigError} when `value` is not a number from `low` to `high`. */
export function requireNumber(argument: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new ConfigError(`${argument} must be a number from ${low} to ${high}, got ${value}`);
  }
}
