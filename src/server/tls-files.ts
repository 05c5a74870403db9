/** Certificate and key of a server, from files: read, and found to fit, before anything else happens. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../errors.js';
import type { TlsFiles } from './node-adapter.js';

/**
 * Reads a certificate (with those that lead to its authority behind it) and its key, both PEM.
 *
 * @param now milliseconds since 1970
 * @throws {ConfigError} when a file cannot be read, is not what it should be, does not fit the other, or the
 *   certificate does not hold now.
 */
export async function loadTlsFiles(certPath: string, keyPath: string, now: number): Promise<TlsFiles> {
  const [cert, key] = await Promise.all([read('certificate', certPath), read('key', keyPath)]);
  const certificate = parse(() => new X509Certificate(cert), 'certificate', certPath, 'a certificate in PEM');
  const privateKey = parse(
    () => createPrivateKey(key),
    'key',
    keyPath,
    'a private key in PEM, not encrypted',
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError(`TLS key must be the one of the certificate ${certPath}, got another, ${keyPath}`);
  }
  const { validFrom, validTo } = certificate;
  if (!(Date.parse(validFrom) <= now && now < Date.parse(validTo))) {
    throw new ConfigError(
      `TLS certificate must hold now, got one from ${dayOf(validFrom)} to ${dayOf(validTo)}, ${certPath}`,
    );
  }
  return { cert, key };
}

function read(what: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`TLS ${what} must be a file that can be read, got ${path}`, { cause });
  });
}

function parse<Result>(make: () => Result, what: string, path: string, expected: string): Result {
  try {
    return make();
  } catch (cause) {
    throw new ConfigError(`TLS ${what} must be ${expected}, got ${path}`, { cause });
  }
}

function dayOf(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}
