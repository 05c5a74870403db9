/** What a client of the command line has: all of the data that its flags name, or its part as a simulation deals it. */
import type { ClientData } from '../client/rounds.js';
import { takeExamples } from '../data/take-examples.js';
import { ConfigError } from '../errors.js';
import { parseOptions } from '../settings/simulation-options.js';
import { loadPopulation } from '../simulation/population.js';
import { dataSettingsOf } from './settings.js';

/** Whose data it is. */
interface PartFlags {
  readonly client?: number;
  readonly virtual?: number;
}

/**
 * The data of the client, or of each virtual one.
 *
 * @throws {ConfigError} when there is no such data or part.
 */
export async function loadClientData(
  given: Readonly<Record<string, unknown>>,
  { client, virtual }: PartFlags,
  onNotice: (notice: string) => void,
): Promise<readonly ClientData[]> {
  const settings = await dataSettingsOf(given);
  if (client === undefined && virtual === undefined) {
    const parted = (['clients', 'partition'] as const).find((key) => settings[key] !== undefined);
    if (parted) throw new ConfigError(`client must say which part is this client's where ${parted} is given`);
    const { clients } = await loadPopulation(
      parseOptions({ ...settings, clients: 1, partition: 'iid' }),
      onNotice,
    );
    return clients;
  }
  const options = parseOptions({ ...(virtual === undefined ? {} : { clients: virtual }), ...settings });
  const { clients } = await loadPopulation(options, onNotice);
  const [first = 0, count = 1] = [client, virtual];
  if (first + count > clients.length) {
    const which = count === 1 ? `${first}` : `${first} to ${first + count - 1}`;
    throw new ConfigError(`client must be from 0 to ${clients.length - 1}, got ${which}`);
  }
  const own = clients.slice(first, first + count);
  // One of many must not hold what the others have.
  return virtual === undefined ? own.map(copied) : own;
}

function copied({
  train,
  heldOut,
}: {
  readonly train: ClientData['train'];
  readonly heldOut: ClientData['train'];
}) {
  return { train: takeExamples(train), heldOut: takeExamples(heldOut) };
}
