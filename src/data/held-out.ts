/** Gives every client a part to train on and a part to be tested on, and the server its own test examples. */
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import { apportion } from './apportion.js';
import type { DataSplit, Dataset, Examples } from './dataset.js';
import type { Partition } from './partition.js';

/** What one client holds: `heldOut` is never trained on, and may be empty. */
export interface ClientExamples {
  readonly name: string;
  readonly train: Examples;
  readonly heldOut: Examples;
}

/** What everyone holds. */
export interface FederatedExamples {
  readonly clients: readonly ClientExamples[];
  /** What the server tests the global model on. */
  readonly serverHeldOut: Examples;
}

export interface SplitOptions {
  /** The share that a client sets aside where the data set has no test part, above 0 and below 1; default 0.2. */
  readonly heldOutFraction?: number;
  readonly seed: number;
}

/**
 * Splits a partition of `split.train` into what clients train on and what they hold out.
 *
 * With a test part, clients train on all they have, and each test example goes to one client, such that a
 * client is tested on what it trains on: the test examples of each label are dealt in proportion to the
 * clients' training examples of that label. Where each client is one owner and test examples have owners too,
 * the owner takes the label's place; where nothing is classified, all examples count as one label. Test examples
 * of labels that nobody trains on are dealt to nobody. The server tests on all of them.
 *
 * Without a test part, each client sets aside `heldOutFraction` of its examples at random, rounded, but at
 * least one and at most all but one; a client with a single example trains on it. The server tests on the
 * union of these, which a simulation can do.
 *
 * @throws {ConfigError} when `heldOutFraction` is out of range, or no client has two examples and there is no
 * test part.
 */
export function splitClients(
  partition: Partition,
  split: DataSplit,
  options: SplitOptions,
): FederatedExamples {
  return split.test
    ? dealTestPart(partition, split.train, split.test, options.seed)
    : setAside(partition, split.train, options);
}

/**
 * Number of examples of each class.
 *
 * @param classes how many classes the data set has
 */
export function labelCounts({ dataset, indices }: Examples, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const index of indices) counts[dataset.labels[index]!]! += 1;
  return counts;
}

function setAside(
  partition: Partition,
  dataset: Dataset,
  { heldOutFraction = 0.2, seed }: SplitOptions,
): FederatedExamples {
  if (!(heldOutFraction > 0 && heldOutFraction < 1)) {
    throw new ConfigError(`heldOutFraction must be above 0 and below 1, got ${heldOutFraction}`);
  }
  const clients = partition.clients.map(({ name, indices }, client) => {
    const size = indices.length;
    const aside = Math.min(size - 1, Math.max(1, Math.round(heldOutFraction * size)));
    const order = seededRandom(seed, 'held-out', client).shuffle(indices.slice());
    return {
      name,
      train: { dataset, indices: order.slice(aside).sort() },
      heldOut: { dataset, indices: order.slice(0, aside).sort() },
    };
  });
  const union = Uint32Array.from(clients.flatMap(({ heldOut }) => Array.from(heldOut.indices))).sort();
  if (union.length === 0) {
    throw new ConfigError(
      'partition must leave a client with two examples to hold one out, got one example each',
    );
  }
  return { clients, serverHeldOut: { dataset, indices: union } };
}

function dealTestPart(partition: Partition, train: Dataset, test: Dataset, seed: number): FederatedExamples {
  const keysOf = chooseKeys(partition, train, test);
  const trainKeys = keysOf(train);
  const testKeys = keysOf(test);
  const counts = partition.clients.map(({ indices }) => {
    const own = new Map<string | number, number>();
    for (const index of indices) own.set(trainKeys(index), (own.get(trainKeys(index)) ?? 0) + 1);
    return own;
  });
  const pools = new Map<string | number, number[]>();
  for (let index = 0; index < test.count; index++) {
    const pool = pools.get(testKeys(index));
    if (pool) pool.push(index);
    else pools.set(testKeys(index), [index]);
  }
  const heldOut: number[][] = partition.clients.map(() => []);
  for (const [key, pool] of pools) {
    const random = seededRandom(seed, 'held-out', key);
    // In random order, so that where remainders tie the same clients are not always first.
    const holders = random.shuffle([...counts.keys()].filter((client) => counts[client]!.has(key)));
    random.shuffle(pool);
    const shares = apportion(
      pool.length,
      holders.map((client) => counts[client]!.get(key)!),
    );
    let start = 0;
    for (const [place, client] of holders.entries()) {
      for (let left = shares[place]!; left > 0; left--) heldOut[client]!.push(pool[start++]!);
    }
  }
  const clients = partition.clients.map(({ name, indices }, client) => ({
    name,
    train: { dataset: train, indices },
    heldOut: { dataset: test, indices: Uint32Array.from(heldOut[client]!).sort() },
  }));
  const all = Uint32Array.from({ length: test.count }, (_, index) => index);
  return { clients, serverHeldOut: { dataset: test, indices: all } };
}

type KeysOf = (dataset: Dataset) => (index: number) => string | number;

function chooseKeys(partition: Partition, train: Dataset, test: Dataset): KeysOf {
  const { groups } = train;
  const isNatural =
    groups &&
    partition.clients.every(({ indices }) => indices.every((i) => groups[i] === groups[indices[0]!]));
  if (isNatural && test.groups) return (dataset) => (index) => dataset.groups![index]!;
  if (train.task !== 'classification') return () => () => 'all';
  return (dataset) => (index) => dataset.labels[index]!;
}
