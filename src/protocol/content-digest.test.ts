import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDigest, parseDigest } from './content-digest.js';
import { Refusal } from './problem.js';

/** RFC 9530, section 2 and appendix B: `{"hello": "world"}` and a line feed. */
const HELLO = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:';
const hello = createHash('sha256').update('{"hello": "world"}\n').digest();

const problemOf = (value: string) => {
  try {
    parseDigest('content-digest', value);
  } catch (error) {
    if (error instanceof Refusal) return [error.problem, error.message];
    throw error;
  }
  return undefined;
};

test('writes the digest of RFC 9530, and reads it back', () => {
  expect(formatDigest(hello)).toBe(HELLO);
  expect(parseDigest('content-digest', HELLO)).toEqual(Uint8Array.from(hello));
});

test('ignores other algorithms and parameters beside SHA-256', () => {
  const others = `sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:`;
  for (const value of [`${others}, ${HELLO}`, `${HELLO},${others}`, `md5=:AA==:;old, ${HELLO};a=1`]) {
    expect(parseDigest('content-digest', value)).toEqual(Uint8Array.from(hello));
  }
});

test('refuses a field without SHA-256', () => {
  const sentence = ['wrong-digest', 'content-digest must hold a sha-256, got none'];
  expect(problemOf('sha-512=:WZDPaVn/7Q==:')).toEqual(sentence);
  expect(problemOf('')).toEqual(sentence);
});

test.each([
  ['too few bytes', 'sha-256=:RK/0qy18:'],
  ['bits that stand for nothing', `${HELLO.slice(0, -3)}h=:`],
  ['text for bytes', 'sha-256="RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg="'],
  ['no value', 'sha-256'],
  ['a list for bytes', 'sha-256=(:RK/0qy18:)'],
  ['no dictionary', 'sha-256:RK/0qy18='],
  ['too long', `${HELLO}, a="${'x'.repeat(1024)}"`],
])('refuses %s', (_, value) => expect(problemOf(value)?.[0]).toBe('bad-request'));

test('answers any text with 32 bytes or a refusal', () => {
  const any = fc.oneof(fc.string(), fc.stringMatching(/^sha-256=[:A-Za-z0-9+/="(), ;-]{0,60}$/));
  fc.assert(
    fc.property(any, (value) => {
      if (problemOf(value) === undefined) expect(parseDigest('content-digest', value)).toHaveLength(32);
    }),
  );
});
