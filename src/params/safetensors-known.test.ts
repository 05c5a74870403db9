/** Headers of a known layout: read as the reader of all headers reads them, or left to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLayout } from './layout.js';
import { parseHeader, writeHeader } from './safetensors-header.js';
import { knownTensors, readKnownHeader, sortedByName } from './safetensors-known.js';

const layout = createLayout([
  { name: 'dense.weight', shape: [3, 2] },
  { name: 'dense.bias', shape: [2] },
  { name: 'größe', shape: [] },
]);
const known = knownTensors(sortedByName(layout));
const bytesOf = (text: string) => new TextEncoder().encode(text);
const tensors = new TextDecoder().decode(known);

describe('a header of a known layout', () => {
  it('gives the metadata that the reader of all headers gives', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { minKeys: 1 }),
        (metadata) => {
          const header = writeHeader(sortedByName(layout), metadata);
          expect(readKnownHeader(header, known)).toEqual(parseHeader(header).metadata);
        },
      ),
    );
  });

  it.each([
    ['without metadata', `{${tensors.slice(1)}`],
    ['with nothing before its tensors', `{${tensors}`],
    ['with another tensor before them', `{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}${tensors}`],
    ['with metadata that comes twice', `{"__metadata__":{"a":"b"},"__metadata__":{}${tensors}`],
    ['with a name in it that comes twice', `{"__metadata__":{"a":"b","a":"c"}${tensors}`],
    ['with metadata that is not closed', `{"__metadata__":{"a":"b"${tensors}`],
    ['with metadata that is closed twice', `{"__metadata__":{"a":"b"}}${tensors}`],
    ['with metadata of other kinds', `{"__metadata__":{"a":1}${tensors}`],
    ['with a tensor within its metadata', `{"__metadata__":{"a":"b"${tensors}}`],
    ['with a byte before its first', ` {"__metadata__":{"a":"b"}${tensors}`],
    ['with another shape', `{"__metadata__":{"a":"b"}${tensors.replace('[3,2]', '[2,3]')}`],
    [
      'with tensors in another order',
      `{"__metadata__":{"a":"b"}${tensors.replace('dense.bias', 'dense.zzzz')}`,
    ],
    ['with bytes behind its tensors', `{"__metadata__":{"a":"b"}${tensors},`],
    ['that is too short', tensors.slice(1)],
    ['that is empty', ''],
  ])('%s is left to the reader of all headers', (_, text) => {
    expect(readKnownHeader(bytesOf(text), known)).toBeUndefined();
  });

  it('may be filled up with blanks, or not', () => {
    for (const blanks of ['', ' ', '       '])
      expect(readKnownHeader(bytesOf(`{"__metadata__":{"a":"b"}${tensors}${blanks}`), known)).toEqual({
        a: 'b',
      });
  });
});
