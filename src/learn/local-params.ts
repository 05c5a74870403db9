/** Which parameters stay with a client: batch normalisation by its own data (FedBN). */
import { ConfigError } from '../errors.js';
import type { Layout, LayoutEntry } from '../params/layout.js';
import { type ModelParameters, modelParameters } from './compile.js';
import { namesMatching } from './frozen.js';
import type { Model } from './model.js';

/** Parameters by name (`*` stands for any text), by a pattern of names, or those of all batch normalisations. */
export type LocalParams = readonly string[] | RegExp | 'batch-normalization';

/**
 * The parameters of a model that stay with each client: neither reported nor averaged, and not replaced by those
 * of the global model. With `batch-normalization`, weights, biases and running statistics of all batch
 * normalisations, of imported models too: FedBN (Li et al. 2021, algorithm 1). Of a file whose exporter merged
 * parameters that are equal, what a normalisation shares with other layers stays too.
 *
 * @throws {ConfigError} when a name matches no parameter, or nothing or everything would stay.
 */
export function localEntries(model: Model, local: LocalParams): readonly LayoutEntry[] {
  const parameters = modelParameters(model);
  const chosen = chosenBy(parameters, local);
  return someOf(parameters.layout, chosen, `parameters of ${model.name}`);
}

/**
 * The same by names, of a trainer whose model is not known.
 *
 * @throws {ConfigError} when a name matches no parameter, or everything would stay.
 */
export function localEntriesOf(layout: Layout, names: readonly string[]): readonly LayoutEntry[] {
  return someOf(layout, matching(layout, names), 'parameters');
}

type Chooses = (name: string) => boolean;

function chosenBy({ layout, nodes }: ModelParameters, local: LocalParams): Chooses {
  if (local instanceof RegExp) return (name) => name.search(local) >= 0;
  if (local !== 'batch-normalization') return matching(layout, local);
  const taken = nodes.flatMap(({ op, inputs }) => (op === 'BatchNormalization' ? inputs.slice(1) : []));
  return (name) => taken.includes(name);
}

function matching({ entries }: Layout, names: readonly string[]): Chooses {
  return namesMatching(
    'localParams',
    names,
    entries.map(({ name }) => name),
  );
}

function someOf({ entries }: Layout, chooses: Chooses, what: string): readonly LayoutEntry[] {
  const chosen = entries.filter(({ name }) => chooses(name));
  if (chosen.length > 0 && chosen.length < entries.length) return chosen;
  const got = chosen.length === 0 ? 'none' : 'all';
  throw new ConfigError(`localParams must choose some ${what}, got ${got}`);
}
