import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeWithData } from '../../test/helpers/optional.js';
import { parsePlayLines, parseSpeeches } from './text.js';

describe('parsePlayLines', () => {
  it('gathers the lines of each speaker of each play, in the order of the file', () => {
    const text =
      'play\tspeaker\ttext\nLear\tFool\tone\nLear\tKent\ttwo\nLear\tFool\tthree\nTimon\tFool\tfour\n';
    expect(parsePlayLines(text, 'x')).toEqual([
      { key: 'Lear / Fool', text: 'one\nthree' },
      { key: 'Lear / Kent', text: 'two' },
      { key: 'Timon / Fool', text: 'four' },
    ]);
  });

  it('takes quotes as they are', () => {
    expect(parsePlayLines('play\tspeaker\ttext\nA\tB\t"Nay" she', 'x')[0]!.text).toBe('"Nay" she');
  });

  it('refuses a line with a missing cell, by its number', () => {
    expect(() => parsePlayLines('play\tspeaker\ttext\nA\tB\tc\nA\tB', 'x.tsv')).toThrow(
      'x.tsv must have 3 cells in each line, got 2 in line 3',
    );
  });

  it('refuses a file without the column it needs', () => {
    expect(() => parsePlayLines('play\ttext\n', 'x.tsv')).toThrow(
      'x.tsv must have a column "speaker", got play, text',
    );
  });
});

describe('parseSpeeches', () => {
  it('gathers speeches by name', () => {
    const text = 'ANN:\nOne,\ntwo:\n\nBOB:\nThree.\n\nANN:\nFour.\n';
    expect(parseSpeeches(text, 'x')).toEqual([
      { key: 'ANN', text: 'One,\ntwo:\nFour.' },
      { key: 'BOB', text: 'Three.' },
    ]);
  });

  it('leaves out a speech without a line', () => {
    expect(parseSpeeches('ANN:\n\nBOB:\nYes.\n', 'x')).toEqual([{ key: 'BOB', text: 'Yes.' }]);
  });

  it('refuses a speech that nobody speaks, by its line', () => {
    expect(() => parseSpeeches('ANN:\nOne.\n\nTwo.\n', 'x.txt')).toThrow(
      'x.txt must begin each speech with "NAME:", got "Two." in line 4',
    );
  });
});

describeWithData('shakespeare', (folder) => {
  const read = (name: string) => gunzipSync(readFileSync(join(folder, name))).toString('utf8');

  it('finds the 1,298 roles and all their lines', () => {
    const roles = parsePlayLines(read('plays-by-role.tsv.gz'), 'plays');
    expect(roles).toHaveLength(1298);
    expect(roles.reduce((sum, { text }) => sum + text.split('\n').length, 0)).toBe(104_968);
  });

  it('finds the 299 of the 309 names of the small collection under which something is said', () => {
    expect(parseSpeeches(read('tinyshakespeare.txt.gz'), 'tiny')).toHaveLength(299);
  });
});
