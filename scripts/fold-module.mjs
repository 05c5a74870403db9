/** Writes src/aggregate/fold-module.ts from fold.wat beside it: node scripts/fold-module.mjs */
import { readFileSync, writeFileSync } from 'node:fs';
import loadWabt from 'wabt';

const FOLDER = new URL('../src/aggregate/', import.meta.url);
const LINE = 100;

const wabt = await loadWabt();
const parsed = wabt.parseWat('fold.wat', readFileSync(new URL('fold.wat', FOLDER), 'utf8'), { simd: true });
const { buffer } = parsed.toBinary({});
parsed.destroy();
const lines = Buffer.from(buffer)
  .toString('base64')
  .match(new RegExp(`.{1,${LINE}}`, 'g'));
const text = `/** The WebAssembly module of fold.wat in base64, ${buffer.length} bytes, made by scripts/fold-module.mjs. */
export const FOLD_MODULE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
writeFileSync(new URL('fold-module.ts', FOLDER), text);
