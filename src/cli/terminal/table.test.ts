import { expect, it } from 'vitest';
import { table } from './table.js';

const WIDE = { color: false, columns: 80 };

it('aligns numbers to the right and text to the left', () => {
  const text = table(
    [{ header: 'run' }, { header: 'rounds' }, { header: 'loss' }],
    [
      ['a', 12_000, 0.25],
      ['long-name', 3, null],
    ],
    WIDE,
  );
  expect(text).toBe(
    ['run        rounds    loss', 'a          12,000  0.2500', 'long-name       3'].join('\n'),
  );
});

it('cuts the widest text column when the terminal is narrow, never a number', () => {
  const text = table(
    [{ header: 'reason' }, { header: 'count' }],
    [['the client did not answer', 1_000_000]],
    {
      color: false,
      columns: 24,
    },
  );
  expect(text.split('\n')).toEqual(['reason             count', 'the client d…  1,000,000']);
});

it('never cuts a whole column', () => {
  const columns = [{ header: 'run', whole: true }, { header: 'reason' }];
  const text = table(columns, [['digits-2nn-20261122', 'the client did not answer']], {
    color: false,
    columns: 30,
  });
  expect(text.split('\n')[1]).toMatch(/^digits-2nn-20261122 {2}the cli/);
});

it('keeps control characters of cells away from the terminal', () => {
  expect(table([{ header: 'name' }], [['\u001b[2J']], WIDE)).toBe('name\n?[2J');
});

it('styles cells without moving them', () => {
  const columns = [{ header: 'n', style: () => 'green' as const }, { header: 'm' }];
  const rows = [
    ['a', 'b'],
    ['cc', 'd'],
  ];
  const styled = table(columns, rows, { color: true, columns: 80 });
  expect(styled).toContain('\u001b[32ma \u001b[0m  b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  expect(styled.replace(/\u001b\[\d+m/g, '')).toBe(table(columns, rows, WIDE));
});
