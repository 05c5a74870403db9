/** Partitions that make clients differ in the labels they hold. */
import { ConfigError } from '../errors.js';
import { seededRandom } from '../random.js';
import { requireInteger } from './checks.js';
import { dirichletDraw, equalSizes, requireAlpha } from './partition-by-size.js';

/**
 * Sorts the examples by label, cuts them into `clients * shardsPerClient` shards whose sizes differ by one at
 * most, and deals every client `shardsPerClient` of them at random (McMahan et al. 2016, arXiv:1602.05629,
 * section 3, there 200 shards of 300 for 100 clients). Examples of one label are shuffled before.
 *
 * @param labels one a example, class indices or regression targets
 * @throws {ConfigError} when an argument is out of range or there are more shards than examples.
 */
export function shards(
  labels: Float32Array,
  clients: number,
  shardsPerClient: number,
  seed: number,
): Uint32Array[] {
  const count = labels.length;
  requireInteger('clients', clients, 1, count);
  requireInteger('shards a client', shardsPerClient, 1, Math.floor(count / clients));
  const random = seededRandom(seed, 'partition');
  const order = random.shuffle(Uint32Array.from(labels, (_, index) => index));
  order.sort((a, b) => labels[a]! - labels[b]!);
  const total = clients * shardsPerClient;
  const deck = random.shuffle(Array.from({ length: total }, (_, index) => index));
  return Array.from({ length: clients }, (_, client) => {
    const dealt = deck.slice(client * shardsPerClient, (client + 1) * shardsPerClient);
    return Uint32Array.from(
      dealt.flatMap((shard) =>
        Array.from(
          order.subarray(Math.floor((shard * count) / total), Math.floor(((shard + 1) * count) / total)),
        ),
      ),
    ).sort();
  });
}

/**
 * Clients of equal size (to within one) whose label mixtures q are drawn from Dir(alpha * p), where p is the
 * mixture of the whole data set: the variant of Hsu, Qi and Brown (2019, arXiv:1909.06335, section 3.1), not
 * the one that draws each class's proportions over the clients, whose sizes vary.
 *
 * In turns, each client takes one example of a label drawn from its q, without replacement; a label that has
 * run out is drawn no more, and who has none of its labels left draws from what remains. So no client is ever
 * empty, and what the last draws distort is spread over all clients.
 *
 * @param labels one class index an example
 * @param alpha 1e-6 to 1e6; large: every client looks like the whole, small: one label a client
 * @throws {ConfigError} when an argument is out of range.
 */
export function dirichletLabels(
  labels: Float32Array,
  clients: number,
  alpha: number,
  seed: number,
): Uint32Array[] {
  const sizes = equalSizes(labels.length, clients);
  requireAlpha(alpha);
  const random = seededRandom(seed, 'partition');
  const pools = [...indicesByLabel(labels).values()].map((pool) => random.shuffle(pool));
  const alphas = pools.map((pool) => (alpha * pool.length) / labels.length);
  const mixtures = sizes.map(() => dirichletDraw(random, alphas));
  const parts = sizes.map((size) => new Uint32Array(size));
  for (let turn = 0; turn < sizes[0]!; turn++) {
    for (const [client, part] of parts.entries()) {
      if (turn >= part.length) continue;
      const pool = drawPool(pools, mixtures[client]!, random.float());
      part[turn] = pool.pop()!;
    }
  }
  return parts.map((part) => part.sort());
}

function drawPool(pools: readonly number[][], mixture: readonly number[], uniform: number): number[] {
  const open = pools.map((pool, index) => (pool.length > 0 ? mixture[index]! : 0));
  const weights = open.some((weight) => weight > 0) ? open : pools.map((pool) => pool.length);
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let chosen = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    chosen = index;
    left -= weight;
    if (left < 0) break;
  }
  return pools[chosen]!;
}

/**
 * Client k holds the classes `subsets[k]` only. A class that several clients hold is shuffled and dealt to
 * them evenly, to within one.
 *
 * @param labels one class index an example
 * @param classNames what to call the classes in an error
 * @throws {ConfigError} when examples of some class are held by nobody, or a client would get no example.
 */
export function dealLabelSubsets(
  labels: Float32Array,
  subsets: readonly (readonly number[])[],
  seed: number,
  classNames: readonly string[],
): Uint32Array[] {
  requireInteger('clients', subsets.length, 1, labels.length);
  const random = seededRandom(seed, 'partition');
  const parts: number[][] = subsets.map(() => []);
  for (const [label, pool] of indicesByLabel(labels)) {
    const holders = random.shuffle([...parts.keys()].filter((client) => subsets[client]!.includes(label)));
    if (holders.length === 0) {
      throw new ConfigError(
        `partition must give every class to a client, got none for "${classNames[label]}"`,
      );
    }
    for (const [place, index] of random.shuffle(pool).entries()) {
      parts[holders[place % holders.length]!]!.push(index);
    }
  }
  const empty = parts.findIndex((part) => part.length === 0);
  if (empty >= 0) {
    throw new ConfigError(`partition must give every client an example, got none for client ${empty}`);
  }
  return parts.map((part) => Uint32Array.from(part).sort());
}

/**
 * Pathological: every client holds exactly `classesPerClient` classes. Clients choose in turn, each the
 * classes with the fewest holders so far, ties at random, so that the numbers of holders differ by one at
 * most.
 *
 * @param labels one class index an example
 * @param classNames what to call the classes in an error
 * @throws {ConfigError} when an argument is out of range, clients are too few to hold every class, or a class
 * has fewer examples than holders and leaves a client empty.
 */
export function classesPerClient(
  labels: Float32Array,
  clients: number,
  classCount: number,
  seed: number,
  classNames: readonly string[],
): Uint32Array[] {
  requireInteger('clients', clients, 1, labels.length);
  const present = [...indicesByLabel(labels).keys()];
  requireInteger('classes a client', classCount, 1, present.length);
  if (clients * classCount < present.length) {
    throw new ConfigError(
      `clients must be at least ${Math.ceil(present.length / classCount)} to hold ${present.length} classes, ${classCount} each, got ${clients}`,
    );
  }
  const random = seededRandom(seed, 'partition', 'classes');
  const holders = new Map(present.map((label) => [label, 0]));
  const subsets = Array.from({ length: clients }, () => {
    const rarestFirst = random.shuffle([...present]).sort((a, b) => holders.get(a)! - holders.get(b)!);
    const chosen = rarestFirst.slice(0, classCount);
    for (const label of chosen) holders.set(label, holders.get(label)! + 1);
    return chosen;
  });
  return dealLabelSubsets(labels, subsets, seed, classNames);
}

/** The indices of each label's examples, ascending, by ascending label. */
function indicesByLabel(labels: Float32Array): Map<number, number[]> {
  const pools = new Map<number, number[]>();
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) pools.set(label, []);
  for (const [index, label] of labels.entries()) pools.get(label)!.push(index);
  return pools;
}
