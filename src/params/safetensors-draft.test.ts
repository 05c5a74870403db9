/** Files that are made in place. */
import { describe, expect, it } from 'vitest';
import { createLayout } from './layout.js';
import { decodeSafetensors, readParams } from './safetensors.js';
import { draftSafetensors } from './safetensors-draft.js';
import { createSafetensorsReader } from './safetensors-stream.js';

const layout = createLayout([
  { name: 'dense.weight', shape: [2, 3] },
  { name: 'dense.bias', shape: [1] },
]);
const metadata = { loss: '0.25', steps: '3' };

describe('a file that is made in place', () => {
  it('holds what was written into it, for every reader', () => {
    const draft = draftSafetensors(layout, 100);
    draft.values.set([1, 2, 3, 4, 5, 6, 7]);
    const bytes = draft.finish(metadata);
    expect(bytes.length % 4).toBe(0);
    expect(decodeSafetensors(bytes).metadata).toEqual(metadata);
    expect([...readParams(bytes, layout, 'a file').values]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const out = new Float32Array(layout.size);
    const reader = createSafetensorsReader(layout, out);
    reader.push(bytes);
    expect(reader.end()).toEqual({ metadata });
    expect(out).toEqual(draft.values);
  });

  it('can be made again in the same memory, also with less to say', () => {
    const draft = draftSafetensors(layout, 100);
    draft.finish({ ...metadata, note: 'a longer one' });
    draft.values.fill(2);
    expect(decodeSafetensors(draft.finish({})).metadata).toEqual({});
    expect([...readParams(draft.finish(metadata), layout, 'a file').values]).toEqual(Array(7).fill(2));
  });

  it('refuses metadata that does not fit in', () => {
    expect(() => draftSafetensors(layout, 8).finish({ note: 'x'.repeat(100) })).toThrow(/at most 8 bytes/);
  });
});
