/** What a page must load of ours: `npm run build` first. Files of ONNX Runtime are not counted. */
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** Bytes, minified and gzipped, of a module with this code, bundled for browsers. */
async function bundledSize(code: string): Promise<number> {
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
  return output.reduce((sum, file) => sum + (file.type === 'chunk' ? gzipSync(file.code).length : 0), 0);
}

describe('the bundle of a page', () => {
  it('stays under 40 KB with everything that tessera/learn and tessera/engine offer', async () => {
    const size = await bundledSize("export * from 'tessera/learn'; export * from 'tessera/engine';");
    expect(size).toBeLessThan(40_000);
    expect(size).toBeGreaterThan(20_000);
  });

  it('leaves out what is not used: the reader of ONNX files, for one', async () => {
    const all = await bundledSize("export * from 'tessera/learn'; export * from 'tessera/engine';");
    const training = await bundledSize(
      "export { createModel, createOnnxTrainer } from 'tessera/learn'; export { chooseEngine } from 'tessera/engine';",
    );
    expect(training).toBeLessThan(0.85 * all);
  });
});
