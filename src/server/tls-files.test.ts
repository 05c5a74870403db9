/** Tests of what is said of certificates and keys that cannot be used. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTlsFiles } from './tls-files.js';

const file = (name: string) => fileURLToPath(new URL(`../../test/vectors/tls/${name}`, import.meta.url));
const NOW = Date.parse('2027-01-01');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-tls-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('TLS files', () => {
  it('are read where they fit each other', async () => {
    const { cert, key } = await loadTlsFiles(file('cert.pem'), file('key.pem'), NOW);
    expect(cert).toContain('BEGIN CERTIFICATE');
    expect(key).toContain('BEGIN PRIVATE KEY');
  });

  it('are refused in a sentence that says what is wrong with which', async () => {
    const empty = join(folder, 'empty.pem');
    await writeFile(empty, '');
    const [cert, key] = [file('cert.pem'), file('key.pem')];
    const wrong: readonly [string, string, string][] = [
      [cert, file('other-key.pem'), 'TLS key must be the one of the certificate'],
      [cert, file('encrypted-key.pem'), 'TLS key must be a private key in PEM, not encrypted, got'],
      [key, key, 'TLS certificate must be a certificate in PEM, got'],
      [empty, key, 'TLS certificate must be a certificate in PEM, got'],
      [cert, cert, 'TLS key must be a private key in PEM'],
      [join(folder, 'none.pem'), key, 'TLS certificate must be a file that can be read, got'],
      [cert, folder, 'TLS key must be a file that can be read, got'],
    ];
    for (const [certificate, own, sentence] of wrong) {
      await expect(loadTlsFiles(certificate, own, NOW)).rejects.toThrow(sentence);
    }
  });

  it('are refused before and after the time of the certificate', async () => {
    for (const now of [Date.parse('2020-01-01'), Date.parse('2200-01-01')]) {
      await expect(loadTlsFiles(file('cert.pem'), file('key.pem'), now)).rejects.toThrow(
        /^TLS certificate must hold now, got one from 20\d\d-\d\d-\d\d to 21\d\d-/,
      );
    }
  });
});
