/** From the setting `localParams` to the parameters that stay with each client. */
import { ConfigError } from '../errors.js';
import { localEntries, localEntriesOf } from '../learn/local-params.js';
import type { Layout, LayoutEntry } from '../params/layout.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';
import { loadModel } from '../trainers/load-model.js';
import type { Population } from './population.js';

/**
 * The parameters that stay with each client; none where the setting is left out.
 *
 * @throws {ConfigError} when the setting names none of the model, or all, or no client could evaluate what it keeps.
 */
export async function chooseLocalEntries(
  { localParams, model, trainer }: ResolvedOptions,
  { clients, datasets }: Population,
  layout: Layout,
): Promise<readonly LayoutEntry[]> {
  if (localParams === undefined) return [];
  if (clients.every(({ heldOut }) => heldOut.indices.length === 0)) {
    throw new ConfigError(
      'localParams must be left out where no client has held-out examples, but it is given',
    );
  }
  if (!trainer) return localEntries(await loadModel(model, datasets[0]), localParams);
  if (typeof localParams !== 'string') return localEntriesOf(layout, localParams);
  throw new ConfigError(
    `localParams must be a list of names where a trainer of your own trains, got "${localParams}"`,
  );
}
