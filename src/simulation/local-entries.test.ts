/** Tests of which parameters the setting `localParams` keeps with clients. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { createLayout } from '../params/layout.js';
import { parseOptions, type SimulationOptions } from '../settings/simulation-options.js';
import { chooseLocalEntries } from './local-entries.js';
import type { Population } from './population.js';

const layout = createLayout([
  { name: 'scale', shape: [2] },
  { name: 'weight', shape: [3] },
]);
const trainer = { module: 'mine.ts' };

/** Clients that hold out so many examples; of a trainer of one's own nothing else of them is looked at. */
function namesFor(settings: SimulationOptions, heldOut: readonly number[] = [0, 2]) {
  const clients = heldOut.map((count) => ({ heldOut: { indices: new Uint32Array(count) } }));
  const population = { clients } as unknown as Population;
  return chooseLocalEntries(parseOptions(settings), population, layout).then((entries) =>
    entries.map(({ name }) => name),
  );
}

describe('chooseLocalEntries', () => {
  it('chooses nothing where nothing is asked for, and by name of any trainer', async () => {
    expect(await namesFor({ trainer })).toEqual([]);
    expect(await namesFor({ trainer, localParams: ['sc*'] })).toEqual(['scale']);
  });

  it.each<[string, SimulationOptions, readonly number[], string]>([
    [
      'batch normalisations of a trainer whose model it does not see',
      { trainer, localParams: 'batch-normalization' },
      [1],
      'localParams must be a list of names where a trainer of your own trains, got "batch-normalization"',
    ],
    ['to keep all', { trainer, localParams: ['*'] }, [1], 'localParams must choose some parameters, got all'],
    [
      'clients that could not say how good their models are',
      { trainer, localParams: ['scale'] },
      [0, 0],
      'localParams must be left out where no client has held-out examples, but it is given',
    ],
  ])('refuses %s', async (_, settings, heldOut, message) => {
    await expect(namesFor(settings, heldOut)).rejects.toThrow(new ConfigError(message));
  });
});
