/**
 * A client's key in a file that its owner alone can read.
 *
 * Threat model: other users of the machine must neither read the key nor slip in one that they know. So the file
 * is made with mode 0600 in a folder with mode 0700, and is refused, as ssh refuses it, when others can read or
 * change it, when another user owns it, or when others can replace it in its folder. Who runs as the same user,
 * or as root, can read it: that is not prevented here. Windows has no modes: there the folder's rights count.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import type { Stats } from 'node:fs';
import { link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../../errors.js';
import { type Signer, thumbprintInput } from '../../protocol/signer.js';

/** Far more than an Ed25519 key in PEM takes. */
const MAX_FILE_BYTES = 4096;

const GROUP_AND_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;
/** In a folder with this bit only owners can replace their files, as in /tmp. */
const STICKY = 0o1000;

/**
 * The key in a file (PKCS#8, PEM); at the first start a new one is made. When several processes start at once,
 * all get the same key.
 *
 * @throws {StoreError} when others can read or replace the file, it holds no Ed25519 key, or the disk fails.
 */
export async function openKeyFile(path: string): Promise<Signer> {
  try {
    const privateKey = (await readKey(path)) ?? (await makeKey(path)) ?? (await readKey(path));
    if (privateKey) return signerOf(privateKey);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`key file ${path} could not be read or made: ${(cause as Error).message}`, {
      cause,
    });
  }
  throw new StoreError(`key file ${path} is a link to nowhere, or was removed while it was read`);
}

/** The key of a file, or undefined where there is none. */
async function readKey(path: string): Promise<KeyObject | undefined> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (!file) return undefined;
  try {
    // Of the open file, not of its name: the name could get another file in between.
    checkFile(path, await file.stat());
    await checkFolder(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0);
    return parseKey(path, buffer.toString('latin1', 0, bytesRead));
  } finally {
    await file.close();
  }
}

function checkFile(path: string, file: Stats): void {
  if (!file.isFile()) throw new StoreError(`key file ${path} must be a file, got something else`);
  const user = process.getuid?.();
  if (user === undefined) return;
  if (file.uid !== user && file.uid !== 0) {
    throw new StoreError(
      `key file ${path} must belong to this user (${user}), it belongs to user ${file.uid}`,
    );
  }
  if (file.mode & GROUP_AND_OTHERS) {
    throw new StoreError(
      `key file ${path} must be for its owner alone (chmod 600, then consider the key known to others), ` +
        `it has mode ${octal(file.mode)}`,
    );
  }
}

async function checkFolder(path: string): Promise<void> {
  const { mode } = await stat(dirname(path));
  if (process.getuid && mode & WRITABLE_BY_OTHERS && !(mode & STICKY)) {
    throw new StoreError(
      `the folder of key file ${path} must not be writable by others (chmod 700), it has mode ${octal(mode)}`,
    );
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function parseKey(path: string, pem: string): KeyObject {
  let key: KeyObject | undefined;
  let cause: unknown;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    cause = error;
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new StoreError(
    `key file ${path} must hold an Ed25519 key (PKCS#8, PEM) and does not: put a copy back, ` +
      'or remove it and enrol anew with another key',
    { cause },
  );
}

/** Makes the file with a new key; undefined when another process was faster. */
async function makeKey(path: string): Promise<KeyObject | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await checkFolder(path);
  const { privateKey } = generateKeyPairSync('ed25519');
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(privateKey.export({ format: 'pem', type: 'pkcs8' }));
      await file.sync();
    } finally {
      await file.close();
    }
    // Complete before it gets its name, and never in the place of another.
    await link(temporary, path);
    return privateKey;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw cause;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** By node:crypto: WebCrypto would hand every signature to another thread, and may call itself experimental. */
function signerOf(privateKey: KeyObject): Signer {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Uint8Array.from(Buffer.from(x!, 'base64url'));
  return {
    keyId: createHash('sha256').update(thumbprintInput(publicKey)).digest('base64url'),
    publicKey,
    sign: async (bytes) => sign(null, bytes, privateKey),
  };
}
