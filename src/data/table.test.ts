import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProtocolError } from '../errors.js';
import { columnIndex, parseTable } from './table.js';

describe('parseTable', () => {
  it('reads names from the first line and trims cells', () => {
    const { columns, rows, lines } = parseTable('a, b\n1, x y \n\n2,"q,\n""r"""\n3,z\n', 't');
    expect(columns).toEqual(['a', 'b']);
    expect(rows).toEqual([
      ['1', 'x y'],
      ['2', 'q,\n"r"'],
      ['3', 'z'],
    ]);
    expect(lines).toEqual([2, 4, 6]);
  });

  it('takes the names given for a file without a header', () => {
    const { rows, lines } = parseTable('1;2\n3;4', 't', { delimiter: ';', columnNames: ['a', 'b'] });
    expect(rows).toHaveLength(2);
    expect(lines).toEqual([1, 2]);
  });

  it('refuses a ragged row by its line in the file', () => {
    expect(() => parseTable('a,b\n"1\n1",2\n\n3\n', 't.csv')).toThrow(
      new ProtocolError('t.csv must have 2 cells in each row, got 1 in line 5'),
    );
  });

  it.each(['', '\n\n', 'a,b', 'a,b\n'])('refuses text without a row: %j', (text) => {
    expect(() => parseTable(text, 't')).toThrow('t must have at least one row, got none');
  });

  it.each(['a,a\n1,2', 'a,\n1,2'])('refuses names that do not tell columns apart: %j', (text) => {
    expect(() => parseTable(text, 't')).toThrow('columns with different names');
  });

  it.each(['', ';;', '"', '\n'])('refuses the delimiter %j', (delimiter) => {
    expect(() => parseTable('a\n1', 't', { delimiter })).toThrow(ConfigError);
  });

  it('reads back whatever cells were written with quotes', () => {
    const cell = fc.string().map((text) => text.trim());
    const table = fc.array(fc.tuple(fc.constant('k'), cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\n');
        expect(parseTable(text, 't', { columnNames: ['a', 'b', 'c'] }).rows).toEqual(rows);
      }),
    );
  });
});

describe('columnIndex', () => {
  it('names the columns there are', () => {
    expect(() => columnIndex(parseTable('a,b\n1,2', 't.csv'), 'c', 'label')).toThrow(
      new ConfigError('label must be a column of t.csv (a, b), got "c"'),
    );
  });
});
