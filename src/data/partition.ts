/** Deals the examples of a data set to clients, as a partition says: the one door to every partition. */
import { ConfigError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { classesPerClient, dealLabelSubsets, dirichletLabels, shards } from './partition-by-label.js';
import { dirichletSizes, iid, linearSizes, powerLawSizes } from './partition-by-size.js';
import { naturalGroups, type OwnerPart } from './partition-natural.js';
import type { PartitionSpec } from './partition-spec.js';

/** Which examples each client has, ascending. No example is dealt twice and no client is empty. */
export interface Partition {
  readonly clients: readonly OwnerPart[];
}

/**
 * Deals a data set to clients. Every example is dealt, except under `natural`, which may leave out owners.
 *
 * @param clients how many; may be left out for `labels`, `without` (one a group) and `natural` (one an owner)
 * @param seed equal arguments give equal parts
 * @throws {ConfigError} when there are fewer examples than clients, the number of clients does not fit the
 * partition, a client would be empty, or the data set lacks what the partition needs: classes, or owners.
 */
export function partitionDataset(
  dataset: Dataset,
  spec: PartitionSpec,
  clients: number | undefined,
  seed: number,
): Partition {
  if (spec.type === 'natural') {
    if (!dataset.groups) {
      throw new ConfigError(
        `partition natural needs examples with owners, got "${dataset.name}" without any`,
      );
    }
    return { clients: naturalGroups(dataset.groups, spec.minExamples, clients) };
  }
  const parts = deal(dataset, spec, clients, seed);
  return { clients: parts.map((indices, client) => ({ name: `client ${client}`, indices })) };
}

function deal(
  dataset: Dataset,
  spec: Exclude<PartitionSpec, { type: 'natural' }>,
  clients: number | undefined,
  seed: number,
): Uint32Array[] {
  const { count, labels, classNames } = dataset;
  switch (spec.type) {
    case 'iid':
      return iid(count, given(clients, spec), seed);
    case 'dirichlet-size':
      return dirichletSizes(count, given(clients, spec), spec.alpha, seed);
    case 'power-law':
      return powerLawSizes(count, given(clients, spec), spec.exponent, seed);
    case 'linear':
      return linearSizes(count, given(clients, spec), seed);
    case 'shards':
      if (dataset.task === 'next-token') requireClasses(dataset, spec);
      return shards(labels, given(clients, spec), spec.shardsPerClient, seed);
    case 'dirichlet':
      requireClasses(dataset, spec);
      return dirichletLabels(labels, given(clients, spec), spec.alpha, seed);
    case 'classes':
      requireClasses(dataset, spec);
      return classesPerClient(labels, given(clients, spec), spec.classesPerClient, seed, classNames);
    case 'labels':
    case 'without':
      requireClasses(dataset, spec);
      return dealLabelSubsets(labels, classSubsets(classNames, spec, clients), seed, classNames);
    default:
      return spec satisfies never;
  }
}

function given(clients: number | undefined, spec: PartitionSpec): number {
  if (clients === undefined)
    throw new ConfigError(`clients must be given for partition ${spec.type}, got nothing`);
  return clients;
}

function requireClasses(dataset: Dataset, spec: PartitionSpec): void {
  if (dataset.task === 'classification') return;
  throw new ConfigError(
    `partition ${spec.type} needs examples with classes, got "${dataset.name}" for ${dataset.task}`,
  );
}

function classSubsets(
  classNames: readonly string[],
  spec: Extract<PartitionSpec, { type: 'labels' | 'without' }>,
  clients: number | undefined,
): number[][] {
  const { type, groups } = spec;
  if (clients !== undefined && clients !== groups.length) {
    throw new ConfigError(
      `clients must be ${groups.length}, one for each group of partition ${type}, got ${clients}`,
    );
  }
  return groups.map((names) => {
    const named = names.map((name) => {
      const label = classNames.indexOf(name);
      if (label >= 0) return label;
      throw new ConfigError(
        `partition ${type} must name classes among ${classNames.join(', ')}, got "${name}"`,
      );
    });
    return [...classNames.keys()].filter((label) => named.includes(label) === (type === 'labels'));
  });
}
