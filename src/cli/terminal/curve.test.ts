import fc from 'fast-check';
import { expect, it } from 'vitest';
import { curve } from './curve.js';
import { widthOf } from './style.js';

const ASCII = { color: false, columns: 30, unicode: false };

it('draws a rising line from the lower left to the upper right, with labelled axes', () => {
  const lines = curve([[0, 0.25, 0.5, 0.75, 1]], { ...ASCII, height: 5 }).split('\n');
  expect(lines).toEqual([
    '100.0% |                  ***',
    '       |             *****',
    ' 50.0% |        *****',
    '       |   *****',
    '  0.0% |***',
    '        round 0             4',
  ]);
});

it('uses braille where it can: a flat line fills one row of dots', () => {
  const [first] = curve([[1, 1, 0]], { color: false, columns: 30, height: 2 }).split('\n');
  expect(first).toMatch(/^100\.0% │⠉+/);
});

it('tells several lines apart by letters without colour, the first on top', () => {
  const text = curve(
    [
      [0, 1],
      [1, 1],
      [0, 0],
    ],
    { ...ASCII, names: ['global', 'federated', 'central'], unicode: true },
  );
  expect(text).toContain('* global  + federated  o central');
  expect(text).toMatch(/│\++\**/);
  expect(text).not.toMatch(/[\u2800-\u28ff]/);
});

it('tells several lines apart by colour where there is colour', () => {
  const text = curve(
    [
      [0, 1],
      [1, 0],
    ],
    { color: true, columns: 40 },
  );
  expect(text).toContain('\u001b[36m');
  expect(text).toContain('\u001b[32m');
});

it('leaves gaps where there are no values', () => {
  const [line] = curve([[1, null, null, null, 1]], { ...ASCII, height: 1 }).split('\n');
  expect(line).toMatch(/\|\* {10,}\*$/);
});

it('draws nothing of fewer than two points, or in no room', () => {
  expect(curve([[0.5]], ASCII)).toBe('');
  expect(curve([[null, 0.5]], ASCII)).toBe('');
  expect(curve([], ASCII)).toBe('');
  expect(curve([[0, 1]], { ...ASCII, columns: 12 })).toBe('');
});

it('is never wider than the terminal, whatever the values', () => {
  const value = fc.option(fc.double({ noNaN: false }));
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { maxLength: 50 }), { maxLength: 4 }),
      fc.integer({ min: 5, max: 120 }),
      (values, columns) => {
        const text = curve(values, { color: false, columns, format: (number) => number.toExponential(1) });
        for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThan(columns);
      },
    ),
  );
});
