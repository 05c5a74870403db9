/** Who takes part in a simulation, with which examples: data loaded, dealt, and laid in shared memory. */
import type { Dataset, Examples } from '../data/dataset.js';
import { allocateSharedFloats, shareDataset } from '../data/float-storage.js';
import { type ClientExamples, labelCounts, splitClients } from '../data/held-out.js';
import { partitionDataset } from '../data/partition.js';
import { parsePartition } from '../data/partition-spec.js';
import type { Vocabulary } from '../data/vocabulary.js';
import type { ClientSummary } from '../round/run-events.js';
import { loadData } from '../settings/load-data.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';

/** All clients, each with the place it has in `clients` as its identity. */
export interface Population {
  /** What clients train on, then the test part where the data set has one. */
  readonly datasets: readonly [Dataset, ...Dataset[]];
  readonly clients: readonly ClientExamples[];
  readonly serverHeldOut: Examples;
  readonly summaries: readonly ClientSummary[];
  /** Of text: the tokens, and the share of what is held out that they cover. */
  readonly vocabulary?: Vocabulary;
  readonly coverage?: number;
}

/**
 * Loads the data and deals it to the clients.
 *
 * @throws {ConfigError} when data, partition and clients do not fit together.
 * @throws {TransportError} or {ProtocolError} when the data cannot be had or is damaged.
 */
export async function loadPopulation(
  options: ResolvedOptions,
  onNotice: (notice: string) => void,
): Promise<Population> {
  const { seed, heldOutFraction } = options;
  const spec = parsePartition(options.partition);
  const loaded = await loadData(options, { onNotice, allocate: allocateSharedFloats });
  const train = shareDataset(loaded.train);
  const test = loaded.test && shareDataset(loaded.test);
  const split = test ? { train, test } : { train };
  const partition = partitionDataset(train, spec, options.clients, seed);
  const held = heldOutFraction === undefined ? { seed } : { seed, heldOutFraction };
  const { clients, serverHeldOut } = splitClients(partition, split, held);
  return {
    datasets: test ? [train, test] : [train],
    clients: clients.map((client) => ({
      name: client.name,
      train: shareIndices(client.train),
      heldOut: shareIndices(client.heldOut),
    })),
    serverHeldOut: shareIndices(serverHeldOut),
    ...(loaded.vocabulary ? { vocabulary: loaded.vocabulary } : {}),
    ...(loaded.coverage === undefined ? {} : { coverage: loaded.coverage }),
    summaries: clients.map((client, clientId) => summarise(client, clientId)),
  };
}

function shareIndices({ dataset, indices }: Examples): Examples {
  const shared = new Uint32Array(new SharedArrayBuffer(indices.byteLength));
  shared.set(indices);
  return { dataset, indices: shared };
}

function summarise({ name, train, heldOut }: ClientExamples, clientId: number): ClientSummary {
  const { task, classNames } = train.dataset;
  const summary = {
    clientId,
    name,
    trainCount: train.indices.length,
    heldOutCount: heldOut.indices.length,
  };
  return task === 'classification'
    ? { ...summary, labelCounts: labelCounts(train, classNames.length) }
    : summary;
}
