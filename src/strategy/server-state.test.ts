import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.js';
import { createLayout } from '../params/layout.js';
import { encodeSafetensors } from '../params/safetensors.js';
import { fedAvg } from './fed-avg.js';
import { createServerState, paramsOfServerState, restoreServerState } from './server-state.js';

const layout = createLayout([
  { name: 'weight', shape: [2, 1] },
  { name: 'bias', shape: [1] },
]);
const withMomentum = fedAvg({ reports: 'update', serverMomentum: 0.9 });

describe('the state of a strategy', () => {
  it('is nothing where the strategy keeps nothing', () => {
    const state = createServerState(fedAvg(), layout);
    expect(state).toEqual({});
    expect(paramsOfServerState(state, layout)).toBeUndefined();
  });

  it('begins with zeros, and comes back as it was saved', () => {
    const state = createServerState(withMomentum, layout);
    expect(state).toEqual({ momentum: new Float32Array(3) });
    state.momentum?.set([1, 2, 3]);
    const saved = paramsOfServerState(state, layout);
    expect(saved?.layout.entries.map(({ name }) => name)).toEqual(['momentum/weight', 'momentum/bias']);
    const restored = createServerState(withMomentum, layout);
    if (saved) restoreServerState(restored, layout, encodeSafetensors(saved));
    expect(restored).toEqual(state);
  });

  it('refuses what was saved of another model', () => {
    const other = createLayout([{ name: 'weight', shape: [3] }]);
    const saved = paramsOfServerState(createServerState(withMomentum, other), other);
    const restore = () =>
      restoreServerState(
        createServerState(withMomentum, layout),
        layout,
        saved ? encodeSafetensors(saved) : new Uint8Array(),
      );
    expect(restore).toThrow(ShapeError);
  });
});
