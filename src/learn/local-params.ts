/** Which parameters stay with a client: batch normalisation by its own data (FedBN). */
import { ConfigError } from '../errors.js';
import type { LayoutEntry } from '../params/layout.js';
import { type ModelParameters, modelParameters } from './compile.js';
import type { Model } from './model.js';

/** Parameters by name, by a pattern of names, or those of all batch normalisations. */
export type LocalParams = readonly string[] | RegExp | 'batch-normalization';

/**
 * The parameters of a model that stay with each client: neither reported nor averaged, and not replaced by those
 * of the global model. With `batch-normalization`, weights, biases and running statistics of all batch
 * normalisations, of imported models too: FedBN (Li et al. 2021, algorithm 1). Of a file whose exporter merged
 * parameters that are equal, what a normalisation shares with other layers stays too.
 *
 * @throws {ConfigError} when a name is no parameter, or nothing or everything would stay.
 */
export function localEntries(model: Model, local: LocalParams): readonly LayoutEntry[] {
  const parameters = modelParameters(model);
  const { layout } = parameters;
  const names = namesOf(parameters, local);
  const unknown = names.find((name) => !layout.entries.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    throw new ConfigError(`localParams must be names of parameters, got "${unknown}"`);
  }
  const chosen = layout.entries.filter(({ name }) => names.includes(name));
  if (chosen.length === 0 || chosen.length === layout.entries.length) {
    const got = chosen.length === 0 ? 'none' : 'all';
    throw new ConfigError(`localParams must choose some parameters of ${model.name}, got ${got}`);
  }
  return chosen;
}

/**
 * Copies entries of one client's own parameters over those in `into`: into a global model before the client trains
 * from it or evaluates it, or of the global model into what the client reports.
 */
export function copyEntries(entries: readonly LayoutEntry[], from: Float32Array, into: Float32Array): void {
  for (const { offset, length } of entries) into.set(from.subarray(offset, offset + length), offset);
}

function namesOf({ layout, nodes }: ModelParameters, local: LocalParams): readonly string[] {
  const names = layout.entries.map(({ name }) => name);
  if (local instanceof RegExp) return names.filter((name) => name.search(local) >= 0);
  if (local !== 'batch-normalization') return local;
  const taken = nodes.flatMap(({ op, inputs }) => (op === 'BatchNormalization' ? inputs.slice(1) : []));
  return names.filter((name) => taken.includes(name));
}
