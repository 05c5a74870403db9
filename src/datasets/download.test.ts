import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransportError } from '../errors.js';
import { downloadFile } from './download.js';

const text = 'the right bytes';
const content = Buffer.from(text);
const file = {
  name: 'f.gz',
  byteLength: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};
const mirrors = ['https://one.test/', 'https://two.test/'];

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-'));
  path = join(folder, 'deep', 'f.gz');
});
afterEach(() => rm(folder, { recursive: true }));

/** A network where each address answers as listed, and any other is unknown. */
function network(answers: Record<string, string | number>): typeof fetch {
  return async (address) => {
    const answer = answers[String(address)];
    if (answer === undefined)
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    return typeof answer === 'number' ? new Response(null, { status: answer }) : new Response(answer);
  };
}

const download = (answers: Record<string, string | number>) =>
  downloadFile(file, path, { mirrors, timeoutMs: 5000, fetch: network(answers) });

describe('downloadFile', () => {
  it('writes the file of the first mirror, and nothing else', async () => {
    await download({ 'https://one.test/f.gz': text });
    expect(await readFile(path)).toEqual(content);
    expect(await readdir(join(folder, 'deep'))).toEqual(['f.gz']);
  });

  it.each([
    ['is unknown', undefined],
    ['refuses', 503],
    ['sends other bytes of the same length', 'the wrong bytes'],
    ['sends too little', 'the right'],
    ['sends too much', 'the right bytes and more'],
  ])('goes on to the second mirror when the first %s', async (_, answer) => {
    await download({
      ...(answer !== undefined && { 'https://one.test/f.gz': answer }),
      'https://two.test/f.gz': text,
    });
    expect(await readFile(path)).toEqual(content);
  });

  it('says what each mirror did, and writes nothing, when none gives the file', async () => {
    const failed = download({ 'https://one.test/f.gz': 404 });
    await expect(failed).rejects.toThrow(
      new TransportError(
        'f.gz must come from a mirror, got https://one.test/: HTTP status 404; https://two.test/: getaddrinfo ENOTFOUND',
      ),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops a mirror that sends more than the file has', async () => {
    await expect(download({ 'https://one.test/f.gz': `${text}${text}` })).rejects.toThrow(
      'more than 15 bytes',
    );
  });

  it('gives up in time on a mirror that never answers', async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason));
      });
    const options = { mirrors: mirrors.slice(0, 1), timeoutMs: 20, fetch: silent };
    await expect(downloadFile(file, path, options)).rejects.toThrow(/timeout/);
  });

  it('leaves no part of a file where the folder cannot be written', async () => {
    await writeFile(join(folder, 'deep'), 'a file in the way');
    await expect(download({ 'https://one.test/f.gz': text })).rejects.toThrow(TransportError);
    expect(await readdir(folder)).toEqual(['deep']);
  });
});
