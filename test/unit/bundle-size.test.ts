/** What a page must load of ours: `npm run build` first. Files of ONNX Runtime are not counted. */
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import * as learn from '../../dist/learn/index.js';

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

const engine = "export * from 'tessera/engine';";
const offered = Object.keys(learn);
const withoutReader = offered.filter((name) => name !== 'importModel');
const lean = await bundledSize(`export { ${withoutReader.join(', ')} } from 'tessera/learn'; ${engine}`);

describe('the bundle of a page', () => {
  it('stays under 40 KB with all that builds, trains and exports models', () => {
    expect(withoutReader).toHaveLength(offered.length - 1);
    expect(lean).toBeLessThan(40_000);
    expect(lean).toBeGreaterThan(20_000);
  });

  it('pays at most 10 KB more for the reader of ONNX files, and only where it is used', async () => {
    const whole = await bundledSize(`export * from 'tessera/learn'; ${engine}`);
    expect(whole - lean).toBeLessThan(10_000);
    expect(whole - lean).toBeGreaterThan(5_000);
  });
});
