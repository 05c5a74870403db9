import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/helpers/optional.js';
import { allocateSharedFloats } from '../data/float-storage.js';
import { ProtocolError, TransportError } from '../errors.js';
import { loadMnist } from './mnist.js';

let folder: string;
let notices: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-'));
  notices = [];
});
afterEach(() => rm(folder, { recursive: true }));

const offline: typeof fetch = async () => {
  throw new TypeError('fetch failed');
};

function idx(shape: number[], values: number[] | Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 8;
  header[3] = shape.length;
  for (const [index, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * index);
  return Buffer.concat([header, Uint8Array.from(values)]);
}

const images = (count: number) => idx([count, 28, 28], new Uint8Array(count * 784).fill(51));

/** A tiny set of the same form: 2 images to learn from and 1 to test on. */
async function putMnist(where: string, changed: Record<string, Uint8Array | undefined> = {}): Promise<void> {
  await mkdir(where, { recursive: true });
  const files = {
    'train-images-idx3-ubyte': images(2),
    'train-labels-idx1-ubyte': idx([2], [3, 9]),
    't10k-images-idx3-ubyte.gz': gzipSync(images(1)),
    't10k-labels.idx1-ubyte': idx([1], [0]),
    ...changed,
  };
  for (const [name, bytes] of Object.entries(files)) if (bytes) await writeFile(join(where, name), bytes);
}

const load = (options: Parameters<typeof loadMnist>[0] = {}) =>
  loadMnist({
    cacheDir: join(folder, 'cache'),
    environment: {},
    fetch: offline,
    onNotice: (notice) => notices.push(notice),
    ...options,
  });

describe('loadMnist', () => {
  it('reads files of any usual name, gzipped or not, as pixels from 0 to 1', async () => {
    await putMnist(folder);
    const { train, test } = await load({ dataDir: folder });
    expect(train.featureShape).toEqual([1, 28, 28]);
    expect(train.features).toHaveLength(2 * 784);
    expect(train.features[5]).toBe(Math.fround(0.2));
    expect([...train.labels]).toEqual([3, 9]);
    expect(test!.count).toBe(1);
    expect(notices).toEqual([]);
  });

  it('finds them in a folder mnist of the folder given, of TESSERA_DATA, and in the cache', async () => {
    await putMnist(join(folder, 'mnist'));
    expect((await load({ dataDir: folder })).train.count).toBe(2);
    expect((await load({ environment: { TESSERA_DATA: folder } })).train.count).toBe(2);
    expect((await load({ cacheDir: folder })).train.count).toBe(2);
  });

  it('says so when they are elsewhere than in the folder given', async () => {
    await putMnist(join(folder, 'mnist'));
    await load({ dataDir: join(folder, 'empty'), environment: { TESSERA_DATA: folder } });
    expect(notices).toEqual([
      `mnist was not found in ${join(folder, 'empty')}: it is read from ${join(folder, 'mnist')}`,
    ]);
  });

  it('says in one sentence what it looked for, where, and what to do when there is no network', async () => {
    await putMnist(join(folder, 'mnist'), { 't10k-labels.idx1-ubyte': undefined });
    const failure = await load({ dataDir: folder }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransportError);
    const { message } = failure as TransportError;
    expect(message).not.toContain('\n');
    for (const part of ['train-images-idx3-ubyte.gz', folder, 'fetch failed', '--data-dir']) {
      expect(message).toContain(part);
    }
    expect(notices[0]).toContain('fetching it to');
  });

  it.each([
    [
      'train-images-idx3-ubyte',
      images(2).subarray(0, 1000),
      'must have 1584 bytes for shape [2, 28, 28], got 1000',
    ],
    ['t10k-images-idx3-ubyte.gz', gzipSync(images(1)).subarray(0, 30), 'must be a whole gzip file'],
    ['train-labels-idx1-ubyte', idx([3], [1, 2, 3]), 'must have 2 labels, one for each image, got 3'],
    ['train-labels-idx1-ubyte', idx([2], [1, 10]), 'must hold labels from 0 to 9, got 10'],
    ['train-labels-idx1-ubyte', idx([2, 1], [1, 2]), 'must have shape [a count], got [2, 1]'],
    [
      'train-images-idx3-ubyte',
      idx([2, 2, 2], new Uint8Array(8)),
      'must have shape [a count, 28, 28], got [2, 2, 2]',
    ],
    ['train-images-idx3-ubyte', idx([0, 28, 28], []), 'must have shape [a count, 28, 28], got [0, 28, 28]'],
  ])('refuses a damaged %s and names it', async (name, bytes, sentence) => {
    await putMnist(folder, { [name]: bytes });
    const failure = await load({ dataDir: folder }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProtocolError);
    expect((failure as ProtocolError).message).toContain(`${join(folder, name)} ${sentence}`);
  });

  it('fetches only what the cache lacks, and refuses bytes with another checksum', async () => {
    const cache = join(folder, 'cache', 'mnist');
    await putMnist(cache, { 't10k-labels.idx1-ubyte': undefined });
    const asked: string[] = [];
    const wrong: typeof fetch = async (address) => {
      asked.push(String(address));
      return new Response('something else');
    };
    await expect(load({ fetch: wrong })).rejects.toThrow('another checksum');
    expect(asked.map((address) => address.split('/').at(-1))).toEqual([
      't10k-labels-idx1-ubyte.gz',
      't10k-labels-idx1-ubyte.gz',
    ]);
  });
});

describeWithData('mnist', (data) => {
  it('reads all 70,000 digits into shared memory', async () => {
    const { train, test } = await load({ dataDir: data, allocate: allocateSharedFloats });
    const counts = new Array<number>(10).fill(0);
    for (const label of train.labels) counts[label]! += 1;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(test!.count).toBe(10_000);
    expect(train.features.buffer).toBeInstanceOf(SharedArrayBuffer);
    let sum = 0;
    for (let index = 0; index < train.features.length; index++) sum += train.features[index]!;
    expect(sum / train.features.length).toBeCloseTo(0.1307, 4);
  });
});
