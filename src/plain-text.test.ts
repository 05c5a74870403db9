import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plain } from './plain-text.js';

it('takes every control character out of text from elsewhere', () => {
  expect(plain('a\u001b[2Jb\nc\u202ed')).toBe('a?[2Jb c?d');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (text) => !/[\p{Cc}\p{Cf}]/u.test(plain(text))),
  );
});
