/** Partitions that look at no label: every client draws from the whole data set, in equal or unequal amounts. */
import { type Random, seededRandom } from '../random.js';
import { apportionAtLeastOne } from './apportion.js';
import { requireInteger, requireNumber } from './checks.js';

/**
 * Shuffles `count` examples and deals them so that sizes differ by one at most.
 *
 * @throws {ConfigError} when `clients` is not an integer from 1 to `count`.
 */
export function iid(count: number, clients: number, seed: number): Uint32Array[] {
  return dealSizes(count, equalSizes(count, clients), seed);
}

/**
 * IID examples, but sizes in proportion to one draw from a symmetric Dirichlet distribution over the clients.
 * Whoever's part would be below one example gets one.
 *
 * @param alpha 1e-6 to 1e6; large: equal sizes, small: a few clients have almost everything
 * @throws {ConfigError} when an argument is out of range.
 */
export function dirichletSizes(count: number, clients: number, alpha: number, seed: number): Uint32Array[] {
  requireInteger('clients', clients, 1, count);
  requireAlpha(alpha);
  const weights = dirichletDraw(seededRandom(seed, 'partition', 'sizes'), new Array(clients).fill(alpha));
  return dealSizes(count, apportionAtLeastOne(count, weights), seed);
}

/**
 * IID examples, but client k (from 1) gets a share proportional to k to the power of minus `exponent`, at
 * least one.
 *
 * @param exponent 0 (equal sizes) to 100
 * @throws {ConfigError} when an argument is out of range.
 */
export function powerLawSizes(count: number, clients: number, exponent: number, seed: number): Uint32Array[] {
  requireInteger('clients', clients, 1, count);
  requireNumber('exponent', exponent, 0, 100);
  const weights = Array.from({ length: clients }, (_, index) => (index + 1) ** -exponent);
  return dealSizes(count, apportionAtLeastOne(count, weights), seed);
}

/**
 * IID examples, but client k (from 1) gets a share proportional to k, at least one.
 *
 * @throws {ConfigError} when `clients` is not an integer from 1 to `count`.
 */
export function linearSizes(count: number, clients: number, seed: number): Uint32Array[] {
  requireInteger('clients', clients, 1, count);
  const weights = Array.from({ length: clients }, (_, index) => index + 1);
  return dealSizes(count, apportionAtLeastOne(count, weights), seed);
}

/**
 * `count` divided into `parts` sizes that differ by one at most, the larger first.
 *
 * @throws {ConfigError} when `parts` is not an integer from 1 to `count`.
 */
export function equalSizes(count: number, parts: number): number[] {
  requireInteger('clients', parts, 1, count);
  const small = Math.floor(count / parts);
  return Array.from({ length: parts }, (_, index) => (index < count % parts ? small + 1 : small));
}

/** @throws {ConfigError} when `alpha` is not a number from 1e-6 to 1e6. */
export function requireAlpha(alpha: number): void {
  requireNumber('alpha', alpha, 1e-6, 1e6);
}

/**
 * One draw from a Dirichlet distribution, scaled so that its largest part is 1. Works with logarithms,
 * because with small alphas the gamma variables themselves would all round to zero.
 */
export function dirichletDraw(random: Random, alphas: readonly number[]): number[] {
  const logs = alphas.map(
    (alpha) => Math.log(random.gamma(alpha + 1)) + Math.log(1 - random.float()) / alpha,
  );
  const largest = logs.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  return logs.map((value) => Math.exp(value - largest));
}

function dealSizes(count: number, sizes: readonly number[], seed: number): Uint32Array[] {
  const order = seededRandom(seed, 'partition').shuffle(
    Uint32Array.from({ length: count }, (_, index) => index),
  );
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return order.slice(start - size, start).sort();
  });
}
