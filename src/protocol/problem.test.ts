import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { PROBLEMS, type ProblemCode, problemCodeOf, problemDocument, Refusal } from './problem.js';

const codes = Object.keys(PROBLEMS) as ProblemCode[];

test('docs/protocol.md has every problem, with its status, and no other', async () => {
  const text = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\| .+ \| .+ \|$/gm)];
  expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(
    codes.map((code) => [code, PROBLEMS[code][0]]),
  );
});

test('the document of a refusal is told by its code', () => {
  const refusal = new Refusal('wrong-offset', 'the upload goes on at byte 5, got 7', {
    extensions: { offset: 5, status: 200 },
  });
  const document = problemDocument(refusal);
  expect(document).toEqual({
    type: 'urn:tessera:wrong-offset',
    title: 'The upload goes on elsewhere',
    status: 409,
    detail: 'the upload goes on at byte 5, got 7',
    offset: 5,
  });
  expect(problemCodeOf(document)).toBe('wrong-offset');
});

test('what is no document of ours has no code', () => {
  for (const document of [
    null,
    'gone',
    {},
    { type: 410 },
    { type: 'about:blank' },
    { type: 'urn:tessera:toString' },
  ]) {
    expect(problemCodeOf(document)).toBeNull();
  }
});
