/**
 * Makes dist/browser/tessera-participant.js, the file for a script tag, of what tsc has built: node scripts/participant-file.mjs
 * What it loads only when it needs it lies in the folder `tessera-participant` beside it, by names that have the hash of
 * their content.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../dist/browser/', import.meta.url));
rmSync(`${folder}tessera-participant`, { recursive: true, force: true });
const build = await rolldown({
  input: `${folder}script.js`,
  platform: 'browser',
  logLevel: 'warn',
  // ONNX Runtime fetches its .mjs and .wasm from where it is told.
  resolve: { conditionNames: ['onnxruntime-web-use-extern-wasm', 'browser', 'import', 'default'] },
});
await build.write({
  dir: folder,
  format: 'esm',
  minify: true,
  entryFileNames: 'tessera-participant.js',
  chunkFileNames: 'tessera-participant/[name]-[hash].js',
});
await build.close();
