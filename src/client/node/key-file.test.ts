import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKeyFile } from './key-file.js';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-key-'));
  path = join(folder, 'identity', 'client.pem');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (name: string) => ((await stat(name)).mode & 0o777).toString(8);

test('makes a key at the first start, for its owner alone, and keeps it', async () => {
  const signer = await openKeyFile(path);
  expect(await modeOf(path)).toBe('600');
  expect(await modeOf(join(folder, 'identity'))).toBe('700');
  expect(await readdir(join(folder, 'identity'))).toEqual(['client.pem']);
  expect(await readFile(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);

  const again = await openKeyFile(path);
  expect(again).toMatchObject({ keyId: signer.keyId, publicKey: signer.publicKey });
  const bytes = Buffer.from('what is signed');
  const publicKey = createPublicKey(await readFile(path));
  expect(verify(null, bytes, publicKey, await again.sign(bytes))).toBe(true);
});

test('gives all who start at once the same key', async () => {
  const signers = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(path)));
  expect(new Set(signers.map(({ keyId }) => keyId)).size).toBe(1);
  expect((await openKeyFile(path)).keyId).toBe(signers[0]?.keyId);
  expect(await readdir(join(folder, 'identity'))).toEqual(['client.pem']);
});

test('gives processes that start at once the same key', async () => {
  const built = new URL('../../../dist/client/node/key-file.js', import.meta.url).href;
  const program = `import { openKeyFile } from ${JSON.stringify(built)};
    process.stdout.write((await openKeyFile(process.argv[1])).keyId);`;
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path]);
  const outputs = await Promise.all(Array.from({ length: 4 }, start));
  expect(new Set(outputs.map(({ stdout }) => stdout))).toEqual(new Set([(await openKeyFile(path)).keyId]));
  // Nor does any of them warn of something experimental.
  expect(outputs.map(({ stderr }) => stderr)).toEqual(['', '', '', '']);
});

test.each(['640', '604', '620'])('refuses a file of mode %s', async (mode) => {
  await openKeyFile(path);
  await chmod(path, Number.parseInt(mode, 8));
  await expect(openKeyFile(path)).rejects.toThrow(
    `key file ${path} must be for its owner alone (chmod 600, then consider the key known to others), ` +
      `it has mode 0${mode}`,
  );
});

test.skipIf(process.getuid?.() !== 0)('refuses a file of another user (only root can make one)', async () => {
  await openKeyFile(path);
  await chown(path, 4321, 4321);
  await expect(openKeyFile(path)).rejects.toThrow(
    `key file ${path} must belong to this user (0), it belongs to user 4321`,
  );
});

test('refuses a file that others could replace', async () => {
  await openKeyFile(path);
  await chmod(join(folder, 'identity'), 0o770);
  await expect(openKeyFile(path)).rejects.toThrow(
    `the folder of key file ${path} must not be writable by others (chmod 700), it has mode 0770`,
  );
  await chmod(join(folder, 'identity'), 0o1777);
  await expect(openKeyFile(path)).resolves.toBeDefined();
});

test('makes no key in a folder where others could replace it', async () => {
  await mkdir(join(folder, 'identity'), { mode: 0o700 });
  await chmod(join(folder, 'identity'), 0o777);
  await expect(openKeyFile(path)).rejects.toThrow('must not be writable by others');
  expect(await readdir(join(folder, 'identity'))).toEqual([]);
});

test('refuses a damaged file and leaves it as it is', async () => {
  await openKeyFile(path);
  const whole = await readFile(path, 'utf8');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const others = ['', whole.slice(0, 60), whole.replace('MC4C', 'MC4D'), 'A'.repeat(10_000)];
  for (const text of [...others, rsa.export({ format: 'pem', type: 'pkcs8' })]) {
    await writeFile(path, text);
    await expect(openKeyFile(path)).rejects.toThrow(
      `key file ${path} must hold an Ed25519 key (PKCS#8, PEM) and does not: ` +
        'put a copy back, or remove it and enrol anew with another key',
    );
    expect(await readFile(path, 'utf8')).toBe(text);
  }
});

test('says what else is wrong with the file', async () => {
  await mkdir(path, { recursive: true });
  await expect(openKeyFile(path)).rejects.toThrow(`key file ${path} must be a file, got something else`);
  const nowhere = join(folder, 'nowhere.pem');
  await symlink(join(folder, 'missing', 'key.pem'), nowhere);
  await expect(openKeyFile(nowhere)).rejects.toThrow(`key file ${nowhere} is a link to nowhere`);
  await writeFile(join(folder, 'file'), '');
  await expect(openKeyFile(join(folder, 'file', 'key.pem'))).rejects.toThrow(
    /could not be read or made: ENOTDIR/,
  );
});
