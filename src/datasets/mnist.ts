/** MNIST: 70,000 handwritten digits of 28x28 pixels, found on this machine or fetched from its public mirrors. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSplit, Dataset } from '../data/dataset.js';
import { type AllocateFloats, allocateFloats } from '../data/float-storage.js';
import { type IdxArray, parseIdx } from '../data/idx.js';
import { ProtocolError, TransportError } from '../errors.js';
import { downloadFile, type PublishedFile } from './download.js';
import { cacheFolder, candidateFolders, findFiles, type PlaceOptions } from './places.js';
import { readBytes } from './read-bytes.js';

export interface MnistOptions extends PlaceOptions {
  /** Told what is fetched from where, one sentence each. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  readonly allocate?: AllocateFloats | undefined;
  /** The default is the platform's. */
  readonly fetch?: typeof fetch | undefined;
}

const MIRRORS = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
];
const TIMEOUT_MS = 20_000;
const PIXELS = 28 * 28;

/** Images and labels to learn from, images and labels to test on. */
const FILES: readonly PublishedFile[] = [
  {
    name: 'train-images-idx3-ubyte.gz',
    byteLength: 9_912_422,
    sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  },
  {
    name: 'train-labels-idx1-ubyte.gz',
    byteLength: 28_881,
    sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  },
  {
    name: 't10k-images-idx3-ubyte.gz',
    byteLength: 1_648_877,
    sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  },
  {
    name: 't10k-labels-idx1-ubyte.gz',
    byteLength: 4_542,
    sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
];

/** Gzipped, unpacked, and with the dot that some copies have in place of the second hyphen. */
const FILE_NAMES = FILES.map(({ name }) => {
  const plain = name.replace('.gz', '');
  const dotted = plain.replace('-idx', '.idx');
  return [name, plain, `${dotted}.gz`, dotted];
});

/**
 * Loads MNIST from the first folder that holds its four files: `dataDir`, TESSERA_DATA, each also with a
 * folder `mnist`, then the cache. Found nowhere, they are fetched into the cache, with their checksums
 * checked.
 *
 * Features are 1x28x28, 0 to 1; the classes are `0` to `9`.
 *
 * @throws {TransportError} when the files are nowhere and cannot be fetched.
 * @throws {ProtocolError} when a file that was found is truncated, damaged or not MNIST.
 */
export async function loadMnist(options: MnistOptions = {}): Promise<DataSplit> {
  const paths = (await findMnist(options)) ?? (await fetchMnist(options));
  const [trainImages, trainLabels, testImages, testLabels] = paths as [string, string, string, string];
  const { allocate = allocateFloats } = options;
  return {
    train: await readPart(trainImages, trainLabels, allocate),
    test: await readPart(testImages, testLabels, allocate),
  };
}

async function findMnist(options: MnistOptions): Promise<string[] | undefined> {
  for (const folder of candidateFolders('mnist', options)) {
    const paths = await findFiles(folder, FILE_NAMES);
    if (!paths) continue;
    const { dataDir } = options;
    if (dataDir && ![dataDir, join(dataDir, 'mnist')].includes(folder)) {
      options.onNotice?.(`mnist was not found in ${dataDir}: it is read from ${folder}`);
    }
    return paths;
  }
  return undefined;
}

async function fetchMnist(options: MnistOptions): Promise<string[]> {
  const folder = cacheFolder('mnist', options);
  options.onNotice?.(`mnist was not found on this machine: fetching it to ${folder}`);
  try {
    await mkdir(folder, { recursive: true });
    for (const [index, file] of FILES.entries()) {
      if (await findFiles(folder, [FILE_NAMES[index]!])) continue;
      await downloadFile(file, join(folder, file.name), {
        mirrors: MIRRORS,
        timeoutMs: TIMEOUT_MS,
        ...(options.fetch && { fetch: options.fetch }),
      });
    }
  } catch (cause) {
    const names = FILES.map(({ name }) => name).join(', ');
    const folders = candidateFolders('mnist', options).join(', ');
    throw new TransportError(
      `mnist must be at hand or within reach of a network: ${names} are not together in ${folders}, and fetching ` +
        `failed (${(cause as Error).message}); download them elsewhere and give their folder as --data-dir`,
      { cause },
    );
  }
  return (await findFiles(folder, FILE_NAMES))!;
}

async function readPart(imagesPath: string, labelsPath: string, allocate: AllocateFloats): Promise<Dataset> {
  const images = await readIdx(imagesPath, [28, 28]);
  const labels = await readIdx(labelsPath, []);
  const count = images.shape[0]!;
  if (labels.shape[0] !== count) {
    throw new ProtocolError(
      `${labelsPath} must have ${count} labels, one for each image, got ${labels.shape[0]}`,
    );
  }
  const wrong = labels.values.find((label) => label > 9);
  if (wrong !== undefined)
    throw new ProtocolError(`${labelsPath} must hold labels from 0 to 9, got ${wrong}`);
  const features = allocate(count * PIXELS);
  for (let index = 0; index < features.length; index++) features[index] = images.values[index]! / 255;
  const labelFloats = allocate(count);
  labelFloats.set(labels.values);
  return {
    name: 'mnist',
    task: 'classification',
    count,
    featureShape: [1, 28, 28],
    features,
    labels: labelFloats,
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  };
}

async function readIdx(path: string, exampleShape: readonly number[]): Promise<IdxArray> {
  const array = parseIdx(await readBytes(path), path);
  const [count, ...rest] = array.shape;
  if (count === 0 || rest.join() !== exampleShape.join()) {
    const expected = ['a count', ...exampleShape].join(', ');
    throw new ProtocolError(`${path} must have shape [${expected}], got [${array.shape.join(', ')}]`);
  }
  return array;
}
