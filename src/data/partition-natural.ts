/** The partition that the data brings along: one client for each owner. */
import { ConfigError } from '../errors.js';
import { requireInteger } from './checks.js';

/** One owner and its examples, ascending. */
export interface OwnerPart {
  readonly name: string;
  readonly indices: Uint32Array;
}

/**
 * One client for each distinct owner with at least `minExamples` examples, in order of first appearance. With
 * `clients`, the largest that many, ties to the earlier. The examples of other owners are left out.
 *
 * @param groups one owner an example
 * @param minExamples at least 1
 * @throws {ConfigError} when an argument is out of range, or fewer owners are left than asked for, or none.
 */
export function naturalGroups(groups: readonly string[], minExamples: number, clients?: number): OwnerPart[] {
  requireInteger('minimum examples of an owner', minExamples, 1, groups.length);
  const owners = new Map<string, number[]>();
  for (const [index, name] of groups.entries()) {
    const indices = owners.get(name);
    if (indices) indices.push(index);
    else owners.set(name, [index]);
  }
  const large = [...owners].filter(([, indices]) => indices.length >= minExamples);
  if (large.length === 0) {
    throw new ConfigError(`partition must leave an owner with at least ${minExamples} examples, got none`);
  }
  if (clients !== undefined) requireInteger('clients', clients, 1, large.length);
  const largestFirst = [...large].sort((a, b) => b[1].length - a[1].length);
  const chosen = new Set(largestFirst.slice(0, clients).map(([name]) => name));
  return large
    .filter(([name]) => chosen.has(name))
    .map(([name, indices]) => ({ name, indices: Uint32Array.from(indices) }));
}
