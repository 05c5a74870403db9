import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/helpers/optional.js';
import type { Dataset } from '../data/dataset.js';
import { splitClients } from '../data/held-out.js';
import { partitionDataset } from '../data/partition.js';
import { createTokenizer } from '../data/tokenizer.js';
import { loadDataset } from './load-dataset.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

const nowhere = { seed: 1, environment: {}, cacheDir: '/nowhere' };

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const messages = [
  'author,body',
  ...['ann,one day', 'bob,only this', 'ann,two days', 'ann,three', 'ann,four', 'ann,"last, night"'],
].join('\n');

describe('a file of texts', () => {
  it('holds out the last fifth of what each owner wrote, of a single text nothing', async () => {
    const path = await file('messages.csv', messages);
    const options = {
      seed: 1,
      tokens: 'words',
      text: 'body',
      groupBy: 'author',
      sequenceLength: 30,
    } as const;
    const { train, test, vocabulary, coverage } = await loadDataset(path, options);
    const { decode } = createTokenizer(vocabulary!);
    expect(train).toMatchObject({ name: 'messages.csv', count: 2, groups: ['ann', 'bob'] });
    // The last word is a label only.
    expect(decode([...train.features.subarray(0, 30)])).toBe('one day two days three');
    expect(decode([...train.labels.subarray(0, 30)].filter((label) => label >= 0))).toBe(
      'one day two days three four',
    );
    expect(test).toMatchObject({ count: 1, groups: ['ann'] });
    expect(decode([...test!.features])).toBe('last,');
    expect(coverage).toBe(1);
  });

  it('is of one owner where none is named, in characters where these are asked for', async () => {
    const path = await file('one.tsv', 'text\nab\ncd\nef\n');
    const { train, test } = await loadDataset(path, { seed: 1, tokens: 'chars', heldOutFraction: 0.5 });
    expect(train.groups).toBeUndefined();
    expect([train.count, test!.count, train.featureShape]).toEqual([1, 1, [80]]);
    expect([...test!.labels].filter((label) => label >= 0)).toHaveLength(4);
  });

  it('is dealt without owners: to each client its share of all that is held out', async () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      index < 40 ? 'the day and the night' : 'people walk home later',
    );
    const path = await file('many.csv', `text\n${lines.join('\n')}\n`);
    const split = await loadDataset(path, { seed: 1, tokens: 'words', sequenceLength: 4 });
    const partition = partitionDataset(split.train, { type: 'iid' }, 5, 1);
    const { clients, serverHeldOut } = splitClients(partition, split, { seed: 1 });
    const sizes = clients.map(({ heldOut }) => heldOut.indices.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(serverHeldOut.indices.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it("takes a list of words of the user's own, or buckets", async () => {
    const path = await file('words.csv', 'text\nzig zag zog zag\nzig zag\n');
    const list = await file('list.txt', 'zig\nZag\n\nzog\n');
    const own = await loadDataset(path, { seed: 1, tokens: 'words', vocabulary: list });
    expect(own.vocabulary!.names.slice(-3)).toEqual(['zig', 'zag', 'zog']);
    const hashed = await loadDataset(path, { seed: 1, tokens: 'words', vocabulary: 'hashed:64' });
    expect(hashed.vocabulary).toMatchObject({ type: 'hashed-words', firstPredicted: 10 });
    expect(hashed.train.classNames).toHaveLength(74);
  });

  it.each([
    [{ text: 'mail' }, 'text must be a column of FILE (author, body), got "mail"'],
    [{ text: 'body', groupBy: 'who' }, 'groupBy must be a column of FILE (author, body), got "who"'],
    [{ text: 'body', vocabulary: 'hashed:many' }, 'vocabulary must be a file, or hashed: and a number'],
    [{ text: 'body', vocabulary: '/nowhere/list.txt' }, '/nowhere/list.txt must be a readable file'],
    [{ text: 'body', sequenceLength: 0 }, 'sequenceLength must be an integer from 1 to 4096, got 0'],
    [
      { text: 'body', tokens: 'chars', vocabulary: 'hashed:64' },
      'vocabulary must be left out where tokens are',
    ],
    [{ text: 'author', groupBy: 'body' }, 'FILE must have an owner with two texts to hold one out'],
  ] as const)('refuses %j in one sentence', async (options, sentence) => {
    const path = await file('bad.csv', messages);
    await expect(loadDataset(path, { seed: 1, tokens: 'words', ...options })).rejects.toThrow(
      sentence.replace('FILE', path),
    );
  });
});

describe('shakespeare', () => {
  it('says what it looked for when it is not at hand', async () => {
    await expect(loadDataset('shakespeare', { ...nowhere, dataDir: folder })).rejects.toThrow(
      /^shakespeare must be at hand: plays-by-role\.tsv is not in .*--data-dir$/,
    );
  });

  it('is of characters, or of words, as its name says', async () => {
    await expect(loadDataset('shakespeare', { ...nowhere, tokens: 'words' })).rejects.toThrow(
      'tokens must be chars for shakespeare, got words',
    );
  });

  it('is text, which digits are not', async () => {
    await expect(loadDataset('digits', { seed: 1, tokens: 'words' })).rejects.toThrow(
      'tokens must be left out for digits, which is no text, got words',
    );
  });

  it('leaves out roles with a single line', async () => {
    const rows = ['Lear\tFool\tone', 'Lear\tKent\ttwo', 'Lear\tKent\tthree'];
    await file('plays-by-role.tsv', `play\tspeaker\ttext\n${rows.join('\n')}\n`);
    const { train, test } = await loadDataset('shakespeare', { ...nowhere, dataDir: folder });
    expect(train.groups).toEqual(['Lear / Kent']);
    expect(test!.groups).toEqual(['Lear / Kent']);
  });
});

describeWithData('shakespeare', (data) => {
  const labelsOf = (dataset: Dataset) => dataset.labels.reduce((sum, label) => sum + Number(label >= 0), 0);

  it('has 1,187 roles, and predicts every one of their characters', async () => {
    const { train, test, coverage } = await loadDataset('shakespeare', { ...nowhere, dataDir: data });
    expect(new Set(train.groups).size).toBe(1187);
    expect(new Set(test!.groups)).toEqual(new Set(train.groups));
    expect(coverage).toBe(1);
    expect([labelsOf(train), labelsOf(test!)]).toEqual([3_339_768, 845_660]);
  });

  it('deals to each role what it says later, and nothing of another', async () => {
    const split = await loadDataset('shakespeare-words', { ...nowhere, dataDir: data });
    const partition = partitionDataset(split.train, { type: 'natural', minExamples: 1 }, undefined, 1);
    const { clients, serverHeldOut } = splitClients(partition, split, { seed: 1 });
    for (const { name, train, heldOut } of clients) {
      expect([...train.indices].every((index) => split.train.groups![index] === name)).toBe(true);
      expect([...heldOut.indices].every((index) => split.test!.groups![index] === name)).toBe(true);
    }
    const dealt = clients.reduce((sum, { heldOut }) => sum + heldOut.indices.length, 0);
    expect(dealt).toBeGreaterThan(0.999 * serverHeldOut.indices.length);
    expect(serverHeldOut.indices).toHaveLength(split.test!.count);
  });
});
