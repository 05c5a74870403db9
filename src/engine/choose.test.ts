import { describe, expect, it } from 'vitest';
import { faultyEngine, scaled } from '../../test/helpers/faulty-engine.js';
import { ConfigError } from '../errors.js';
import { type Candidate, chooseFrom } from './choose.js';

const good: Candidate = { kind: 'wasm', words: 'WebAssembly', load: () => faultyEngine(() => {}) };
const wrong: Candidate = {
  kind: 'webgpu',
  words: 'WebGPU',
  load: () => faultyEngine(scaled(/lossSum/, 1.01)),
};
const missing: Candidate = {
  kind: 'native',
  words: 'onnxruntime-node',
  load: () => Promise.reject(new Error('it is not installed')),
};
const stuck: Candidate = { kind: 'webgpu', words: 'WebGPU', load: () => new Promise(() => {}) };
const hanging: Candidate = {
  kind: 'wasm',
  words: 'WebAssembly on 4 threads',
  load: () => faultyEngine(() => new Promise(() => {})),
};

describe('the choice of an engine', () => {
  it('takes the first that passes, without a word', async () => {
    const unasked = { ...wrong, load: () => Promise.reject(new Error('must not be loaded')) };
    const { kind, notice } = await chooseFrom([good, unasked], {});
    expect(kind).toBe('wasm');
    expect(notice).toBeUndefined();
  });

  it('passes over one that calculates wrongly, and says so', async () => {
    const { kind, notice } = await chooseFrom([wrong, good], {});
    expect(kind).toBe('wasm');
    expect(notice).toBe(
      'WebGPU cannot be used (in the self-test, the loss of training 1 must be 1.27718, got 1.28996): training runs in WebAssembly',
    );
  });

  it('passes over one that cannot be loaded and one that hangs, and says so', async () => {
    const { notice } = await chooseFrom([missing, stuck, good], { timeoutMs: 5000 });
    expect(notice).toBe(
      'onnxruntime-node cannot be used (it is not installed); ' +
        'WebGPU cannot be used (no answer within 5000 ms): training runs in WebAssembly',
    );
  });

  it('waits no longer for one that hangs while it runs than for one that hangs while it loads', async () => {
    await expect(chooseFrom([stuck, hanging], { timeoutMs: 500 })).rejects.toThrow(
      'got: WebGPU cannot be used (no answer within 500 ms); ' +
        'WebAssembly on 4 threads cannot be used (no answer within 500 ms)',
    );
  });

  it('declines where none passes, and says of each what was wrong', async () => {
    const choice = chooseFrom([missing, wrong], {});
    await expect(choice).rejects.toThrow(ConfigError);
    await expect(choice).rejects.toThrow(
      'this device must have an engine that passes the self-test, got: onnxruntime-node cannot be used (it is not installed); ' +
        'WebGPU cannot be used (in the self-test, the loss of training 1 must be 1.27718, got 1.28996)',
    );
  });

  it('declines where there is nothing to choose from', async () => {
    await expect(chooseFrom([], {})).rejects.toThrow('passes the self-test, got: none');
  });

  it('trusts an engine that has passed before, where it is told so', async () => {
    expect((await chooseFrom([wrong, good], { selfTest: false })).kind).toBe('webgpu');
  });

  it('leaves no timer behind that would keep a process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await chooseFrom([good], { timeoutMs: 30_000 });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it.each([0, -1, Number.NaN])('refuses a time limit of %d', async (timeoutMs) => {
    await expect(chooseFrom([good], { timeoutMs })).rejects.toThrow('timeoutMs must be above 0');
  });
});
