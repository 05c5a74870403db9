/** What a page must load of ours: `npm run build` first. Files of ONNX Runtime are not counted. */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
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

  it('loads under 25 KB', () => {
    const bytes = [...loadedAtOnce(chunks)].reduce((sum, chunk) => sum + gzipped(chunk), 0);
    expect(bytes).toBeLessThan(25_000);
    expect(bytes).toBeGreaterThan(10_000);
  });

  it('loads the rest when it is needed: what learns, an engine, a model file, keys where WebCrypto has none', () => {
    const atOnce = [...loadedAtOnce(chunks)].map(({ name }) => name);
    for (const name of [
      'learning',
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

describe('the pages as they were built', () => {
  const folder = new URL('../../dist/web/', import.meta.url);

  /** What a page or a module loads before it is shown. */
  const AT_ONCE = /(?:src|href)="\/assets\/([^"]+)"|(?:import|from)\s*["'`]\.\/([^"'`]+)["'`]/g;

  /** The bytes of a page and of all that is named in it, and in what is named there, gzipped. */
  async function loaded(page: string, naming: RegExp): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const load = async (name: string): Promise<void> => {
      if (sizes.has(name)) return;
      const bytes = await readFile(new URL(name, folder));
      sizes.set(name, gzipSync(bytes).length);
      for (const [, one, other] of bytes.toString().matchAll(naming)) await load(`assets/${one ?? other}`);
    };
    await load(page);
    return sizes;
  }
  const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((total, bytes) => total + bytes, 0);

  it('the dashboard loads under 40 KB first, script and style and all, and what draws charts later', async () => {
    const sizes = await loaded('index.html', AT_ONCE);
    expect([...sizes.keys()].filter((name) => /chart|run-|compare/.test(name))).toEqual([]);
    expect(sum(sizes)).toBeLessThan(40_000);
    expect(sum(sizes)).toBeGreaterThan(15_000);
  });

  it('all of the dashboard is under 90 KB', async () => {
    const sizes = await loaded('index.html', /["'`](?:\.\/|assets\/|\/assets\/)([\w.-]+\.(?:js|css))["'`]/g);
    expect([...sizes.keys()].filter((name) => /chart|run-|compare/.test(name)).length).toBeGreaterThan(2);
    expect(sum(sizes)).toBeLessThan(90_000);
  });

  it('the page to join from loads under 35 KB first, and what is drawn, typed and trained later', async () => {
    const sizes = await loaded('join.html', AT_ONCE);
    expect([...sizes.keys()].filter((name) => /tab-|worker|english|ort\./.test(name))).toEqual([]);
    expect(sum(sizes)).toBeLessThan(35_000);
    expect(sum(sizes)).toBeGreaterThan(10_000);
  });

  it('name no other host, and hold no script or style of their own', async () => {
    for (const page of ['index.html', 'join.html']) {
      const text = await readFile(new URL(page, folder), 'utf8');
      expect(text).not.toMatch(/https?:|\sstyle=|\son\w+=|<style/);
      expect(text.match(/<script[^>]*>/g)).toEqual([expect.stringMatching(/ src="\/assets\//)]);
    }
  });
});

describe('the bundle of a page that uses all of tessera/browser', async () => {
  const bytesOf = (some: Iterable<OutputChunk>) => [...some].reduce((sum, chunk) => sum + gzipped(chunk), 0);
  const page = await bundle('tessera/browser');
  const worker = await bundle(fileURLToPath(new URL('../../dist/browser/worker.js', import.meta.url)));

  it('loads under 15 KB, and its Worker under 35 KB', () => {
    expect(bytesOf(loadedAtOnce(page))).toBeLessThan(15_000);
    expect(bytesOf(loadedAtOnce(worker))).toBeLessThan(35_000);
    expect(bytesOf(loadedAtOnce(worker))).toBeGreaterThan(15_000);
  });

  it('loads what learns with the first task, and nothing of what a task may never need', () => {
    const atOnce = [...loadedAtOnce(worker)].map(({ name }) => name);
    const later = [
      'learning',
      'onnx-runtime-browser',
      'guesses',
      'csv',
      'ed25519',
      'english-words',
      'text-data',
      'read-model',
    ];
    for (const name of later) {
      expect(worker.map((chunk) => chunk.name)).toContain(name);
      expect(atOnce).not.toContain(name);
    }
  });

  it('needs nothing of Node', () => {
    for (const { code } of [...page, ...worker]) expect(code).not.toMatch(/["']node:/);
  });
});

describe('the file for a script tag', () => {
  const folder = fileURLToPath(new URL('../../dist/browser/', import.meta.url));
  const parts = readdirSync(`${folder}tessera-participant`);
  const partOf = (start: string) => {
    const found = parts.find((name) => name.startsWith(start));
    if (found === undefined) throw new Error(`${start} must be a part, got ${parts.join(', ')}`);
    return `tessera-participant/${found}`;
  };
  /** These, and what they load before they run. */
  const withImports = (...names: readonly string[]) => {
    const loaded = new Set(names);
    for (const name of loaded) {
      const code = readFileSync(`${folder}${name}`, 'utf8');
      for (const [, from = ''] of code.matchAll(/(?:^|[;\n])import(?:[^"'()]*from)?["']([^"']+)["']/g)) {
        loaded.add(new URL(from, `file:///${name}`).pathname.slice(1));
      }
    }
    return [...loaded];
  };
  const bytesOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(`${folder}${name}`)).length, 0);

  it('is all of a participant and its element, under 40 KB', () => {
    const loaded = withImports('tessera-participant.js');
    expect(bytesOf(loaded)).toBeLessThan(40_000);
    expect(bytesOf(loaded)).toBeGreaterThan(20_000);
  });

  it('has loaded under 66 KB when it trains, without the files of ONNX Runtime', () => {
    const loaded = withImports(
      'tessera-participant.js',
      partOf('learning-'),
      partOf('onnx-runtime-browser-'),
    );
    expect(loaded.some((name) => name.includes('/ort.'))).toBe(false);
    expect(bytesOf(loaded)).toBeLessThan(66_000);
    expect(bytesOf(loaded)).toBeGreaterThan(50_000);
  });
});
