import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolError, TransportError } from '../errors.js';
import { readBytes, readText } from './read-bytes.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function put(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('readBytes', () => {
  it('unpacks gzip whatever the name, and leaves other bytes alone', async () => {
    expect(Buffer.from(await readBytes(await put('a', gzipSync('hello')))).toString()).toBe('hello');
    expect(Buffer.from(await readBytes(await put('b', 'hello'))).toString()).toBe('hello');
  });

  it('refuses truncated and damaged gzip, naming the file', async () => {
    const whole = gzipSync('hello hello hello');
    const damaged = whole.slice();
    damaged[damaged.length - 6]! ^= 1;
    for (const bytes of [whole.subarray(0, 20), damaged, 'plain', '']) {
      const path = await put('bad.gz', bytes);
      await expect(readBytes(path)).rejects.toThrow(ProtocolError);
      await expect(readBytes(path)).rejects.toThrow(
        `${path} must be a whole gzip file, got a truncated or damaged one`,
      );
    }
  });

  it('stops unpacking at the limit', async () => {
    const path = await put('bomb.gz', gzipSync(new Uint8Array(100_000)));
    await expect(readBytes(path, 99_999)).rejects.toThrow(
      new ProtocolError(`${path} must hold at most 99999 bytes, got more`),
    );
    expect(await readBytes(path, 100_000)).toHaveLength(100_000);
  });

  it('refuses a file over the limit before it reads it', async () => {
    const path = await put('large', new Uint8Array(11));
    await expect(readBytes(path, 10)).rejects.toThrow('must hold at most 10 bytes, got more');
  });

  it('says which file is not there, or is a folder', async () => {
    await expect(readBytes(join(folder, 'none'))).rejects.toThrow(TransportError);
    await expect(readBytes(join(folder, 'none'))).rejects.toThrow(
      `${join(folder, 'none')} must be a readable file`,
    );
    await expect(readBytes(folder)).rejects.toThrow(TransportError);
  });
});

describe('readText', () => {
  it('leaves out a byte-order mark', async () => {
    expect(await readText(await put('bom', '\ufeffü'))).toBe('ü');
  });

  it('refuses other encodings', async () => {
    const path = await put('latin', Uint8Array.of(0x41, 0xfc));
    await expect(readText(path)).rejects.toThrow(
      new ProtocolError(`${path} must be text in UTF-8, got other bytes`),
    );
  });
});
