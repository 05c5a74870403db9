import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/helpers/optional.js';
import { generateDigits } from '../data/digits.js';
import { ConfigError, ProtocolError, TransportError } from '../errors.js';
import { loadDataset } from './load-dataset.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-'));
});
afterAll(() => rm(folder, { recursive: true }));

const nowhere = { seed: 1, environment: {}, cacheDir: '/nowhere' };

describe('loadDataset', () => {
  it('draws digits from the seed', async () => {
    const sizes = { trainCount: 3, testCount: 2, seed: 5 };
    expect(await loadDataset('digits', sizes)).toEqual(generateDigits(sizes));
  });

  it('reads a CSV file, gzipped or not, under its own name', async () => {
    const text = 'a,b,owner\n1,x,p\n2,y,q\n';
    await writeFile(join(folder, 'one.csv'), text);
    await writeFile(join(folder, 'two.CSV.gz'), gzipSync(text));
    for (const name of ['one.csv', 'two.CSV.gz']) {
      const { train, test } = await loadDataset(join(folder, name), {
        seed: 1,
        label: 'b',
        groupBy: 'owner',
      });
      expect(train).toMatchObject({ name, count: 2, classNames: ['x', 'y'], groups: ['p', 'q'] });
      expect(test).toBeUndefined();
    }
  });

  it('divides a .tsv file at tabs', async () => {
    await writeFile(join(folder, 'three.tsv'), 'a\tb\n1\tx, y\n2\tz\n');
    const { train } = await loadDataset(join(folder, 'three.tsv'), { seed: 1, label: 'b' });
    expect(train.classNames).toEqual(['x, y', 'z']);
  });

  it('names the file and the line of a ragged row', async () => {
    const path = join(folder, 'ragged.csv');
    await writeFile(path, 'a,b\n1,x\n2\n');
    await expect(loadDataset(path, { seed: 1, label: 'b' })).rejects.toThrow(
      new ProtocolError(`${path} must have 2 cells in each row, got 1 in line 3`),
    );
  });

  it('needs to know what to predict from a CSV file', async () => {
    await expect(loadDataset('x.csv', { seed: 1 })).rejects.toThrow(
      new ConfigError(
        'label must name the column of x.csv to predict, or tokens what its text is cut into, got neither',
      ),
    );
  });

  it('says which file is not there', async () => {
    await expect(loadDataset(join(folder, 'none.csv'), { seed: 1, label: 'b' })).rejects.toThrow(
      TransportError,
    );
  });

  it('names the known data sets when it is asked for another', async () => {
    await expect(loadDataset('imagenet', { seed: 1 })).rejects.toThrow(
      new ConfigError(
        'data must be digits, mnist, heart-disease, shakespeare, shakespeare-words or a path that ends in .csv, .csv.gz, .tsv or .tsv.gz, got "imagenet"',
      ),
    );
  });

  it('says what it looked for when heart-disease is not at hand', async () => {
    await expect(loadDataset('heart-disease', { ...nowhere, dataDir: folder })).rejects.toThrow(
      /^heart-disease must be at hand: processed\.cleveland\.data, .* are not together in .*--data-dir$/,
    );
  });

  it('refuses a hospital whose file holds something else', async () => {
    const row = '63,1,1,145,233,1,2,150,0,2.3,3,0,6,0\n';
    for (const hospital of ['cleveland', 'hungarian', 'switzerland', 'va']) {
      await writeFile(
        join(folder, `processed.${hospital}.data`),
        hospital === 'va' ? row + row.replace('145', 'high') : row,
      );
    }
    await expect(loadDataset('heart-disease', { ...nowhere, dataDir: folder })).rejects.toThrow(
      /processed\.va\.data must hold numbers or "\?", got 63,1,1,high,.* in line 2$/,
    );
  });
});

describeWithData('heart-disease', (data) => {
  it('selects the 740 patients of FLamby, by hospital', async () => {
    const { train } = await loadDataset('heart-disease', { ...nowhere, dataDir: data });
    expect(train.count).toBe(740);
    expect(train.featureShape).toEqual([15]);
    expect(train.classNames).toEqual(['no', 'yes']);
    const sizes = ['cleveland', 'hungarian', 'switzerland', 'va'].map(
      (hospital) => train.groups!.filter((group) => group === hospital).length,
    );
    expect(sizes).toEqual([303, 261, 46, 130]);
    expect(train.labels.subarray(0, 303).reduce((sum, label) => sum + label, 0)).toBe(139);
    expect(train.features.every(Number.isFinite)).toBe(true);
  });
});

describeWithData('sba-loans', (data) => {
  it('reads loans by bank', async () => {
    const { train } = await loadDataset(join(data, 'sba-ca-realestate-loans.csv.gz'), {
      seed: 1,
      label: 'Default',
      groupBy: 'Bank',
      features: ['Term', 'NoEmp', 'NewExist', 'RealEstate', 'Portion', 'Recession', 'LowDoc'],
    });
    expect(train.count).toBe(2101);
    expect(train.labels.reduce((sum, label) => sum + label, 0)).toBe(686);
    expect(train.groups!.filter((bank) => bank === '(missing)')).toHaveLength(3);
    expect(new Set(train.groups)).toHaveLength(155);
  });
});
