/** What a page must load of ours: `npm run build` first. Files of ONNX Runtime are not counted. */
import { gzipSync } from 'node:zlib';
import { type OutputChunk, rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** The modules of a page that uses all of these faces, minified. */
async function bundle(...faces: string[]): Promise<OutputChunk[]> {
  const code = faces.map((face) => `export * from '${face}';`).join('');
  const build = await rolldown({
    input: 'entry',
    platform: 'browser',
    external: /^onnxruntime-/,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? `${import.meta.dirname}/entry.js` : null),
        load: (id) => (id.endsWith('/entry.js') ? code : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output.filter((file) => file.type === 'chunk');
}

/** Loaded with the page: the entry, and what it imports, and what that imports. */
function loadedAtOnce(chunks: readonly OutputChunk[]): Set<OutputChunk> {
  const loaded = new Set(chunks.filter(({ isEntry }) => isEntry));
  for (const { imports } of loaded) {
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk);
  }
  return loaded;
}

const gzipped = ({ code }: OutputChunk) => gzipSync(code).length;

describe('the bundle of a page that uses all of tessera/learn', async () => {
  const chunks = await bundle('tessera/learn', 'tessera/engine');
  const atOnce = loadedAtOnce(chunks);

  it('loads under 40 KB', () => {
    const bytes = [...atOnce].reduce((sum, chunk) => sum + gzipped(chunk), 0);
    expect(bytes).toBeLessThan(40_000);
    expect(bytes).toBeGreaterThan(20_000);
  });

  it('loads the rest only when it is asked for: a model file, clipping of examples, batches in parts', () => {
    const later = chunks.filter((chunk) => !atOnce.has(chunk));
    const names = ['clipped-gradients', 'part-runner', 'read-model'];
    expect(later.map(({ name }) => name).toSorted()).toEqual(names);
    for (const chunk of later) expect(gzipped(chunk)).toBeLessThan(12_000);
  });
});

describe('the bundle of a page that uses all of tessera/client', async () => {
  const chunks = await bundle('tessera/client');

  it('loads under 60 KB', () => {
    const bytes = [...loadedAtOnce(chunks)].reduce((sum, chunk) => sum + gzipped(chunk), 0);
    expect(bytes).toBeLessThan(60_000);
    expect(bytes).toBeGreaterThan(20_000);
  });

  it('loads only when they are asked for: an engine, a model file, keys where WebCrypto has none', () => {
    const atOnce = [...loadedAtOnce(chunks)].map(({ name }) => name);
    for (const name of [
      'onnx-runtime-browser',
      'read-model',
      'ed25519',
      'clipped-gradients',
      'part-runner',
    ]) {
      expect(chunks.map((chunk) => chunk.name)).toContain(name);
      expect(atOnce).not.toContain(name);
    }
  });

  it('needs nothing of Node', () => {
    for (const { code } of chunks) expect(code).not.toMatch(/["']node:/);
  });
});
