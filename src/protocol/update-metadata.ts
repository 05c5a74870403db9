/** What an update says of itself, in the `__metadata__` of its safetensors file. */
import { ProtocolError } from '../errors.js';
import type { UpdateMetadata } from './messages.js';

/** As the file holds it: texts. */
export function formatUpdateMetadata({
  exampleCount,
  steps,
  loss,
  trainMs,
}: UpdateMetadata): Record<string, string> {
  return {
    exampleCount: String(exampleCount),
    steps: String(steps),
    loss: String(loss),
    trainMs: String(Math.round(trainMs)),
  };
}

/** @throws {ProtocolError} naming what is missing or no number of its kind. */
export function parseUpdateMetadata(metadata: Readonly<Record<string, string>>): UpdateMetadata {
  return {
    exampleCount: count(metadata, 'exampleCount'),
    steps: count(metadata, 'steps'),
    loss: finite(metadata, 'loss'),
    trainMs: metadata.trainMs === undefined ? 0 : count(metadata, 'trainMs'),
  };
}

function count(metadata: Readonly<Record<string, string>>, name: string): number {
  const value = finite(metadata, name);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolError(`${name} must be a non-negative integer, got ${value}`);
}

function finite(metadata: Readonly<Record<string, string>>, name: string): number {
  const text = metadata[name];
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new ProtocolError(`the update's metadata must have a finite ${name}, got ${text ?? 'nothing'}`);
}
