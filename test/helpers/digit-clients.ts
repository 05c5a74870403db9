/** The data of clients that learn drawn digits, for `federation-clients.mjs`: drawn once, read by every process. */
import { readFile, writeFile } from 'node:fs/promises';
import { splitClients } from '../../dist/data/held-out.js';
import { partitionDataset } from '../../dist/data/partition.js';
import { parsePartition } from '../../dist/data/partition-spec.js';
import { loadDataset } from '../../dist/datasets/load-dataset.js';
import type { ClientData } from '../../src/client/rounds.js';
import type { Dataset } from '../../src/data/dataset.js';

/** How the digits are dealt. */
export interface DigitSettings {
  readonly clientCount: number;
  readonly examples: number;
  readonly seed: number;
  /** Where `drawDigits` has put them. */
  readonly file: string;
}

/** Draws the digits of all clients into a file. */
export async function drawDigits({ file, seed, examples }: DigitSettings): Promise<void> {
  const { train } = await loadDataset('digits', { seed, trainCount: examples, testCount: 1 });
  const { features, labels, ...rest } = train;
  await writeFile(`${file}.json`, JSON.stringify({ ...rest, labels: [...labels] }));
  await writeFile(file, features);
}

let dealt: Promise<readonly ClientData[]> | undefined;

/** A client's share, the same in every process. */
export async function dataOf(client: number, settings: DigitSettings): Promise<ClientData> {
  dealt ??= deal(settings);
  return (await dealt)[client]!;
}

async function deal({ clientCount, seed, file }: DigitSettings): Promise<readonly ClientData[]> {
  const { labels, ...rest } = JSON.parse(await readFile(`${file}.json`, 'utf8'));
  const features = new Float32Array(new Uint8Array(await readFile(file)).buffer);
  const train: Dataset = { ...rest, features, labels: Float32Array.from(labels) };
  const partition = partitionDataset(train, parsePartition('iid'), clientCount, seed);
  // The server tests on others: as in the simulation, nothing is held out here.
  return splitClients(partition, { train, test: train }, { seed }).clients;
}
