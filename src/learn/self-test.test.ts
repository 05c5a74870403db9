import { describe, expect, it } from 'vitest';
import { faultyEngine, scaled } from '../../test/helpers/faulty-engine.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { selfTest } from './self-test.js';

describe('the self-test', () => {
  it.each(['native', 'wasm'] as const)('passes on the %s engine', async (kind) => {
    const { engine } = await chooseEngine({ kind, selfTest: false });
    expect(await selfTest(engine)).toEqual({ passed: true });
  });

  it('passes again on an engine that has passed', async () => {
    const { engine } = await chooseEngine({ kind: 'native' });
    expect(await selfTest(engine)).toEqual({ passed: true });
  });

  it.each([
    'lossSum',
    'conv1.weight',
    'conv1.bias',
    'dense1.weight',
    'dense1.bias',
    'dense2.weight',
    'dense2.bias',
    'velocity.conv1.weight',
    'embedding1.weight',
    'lstm1.weight',
    'lstm1.recurrent',
    'lstm1.bias',
    'velocity.dense1.weight',
  ])('says what differs where %s comes out 0.2 percent too large', async (name) => {
    const engine = await faultyEngine(scaled(new RegExp(`^(next\\.)?${name}$`), 1.002));
    expect(await selfTest(engine)).toEqual({
      passed: false,
      reason: expect.stringMatching(
        /^the (loss|change|checksum) of .* must be -?\d\.\d+, got -?\d\.\d+$/,
      ) as string,
    });
  });

  it('fails an engine that loses a sign in what the layers make when it evaluates', async () => {
    const engine = await faultyEngine((outputs) => {
      if (Object.hasOwn(outputs, 'output')) scaled(/^lossSum$/, -1)(outputs);
    });
    expect(await selfTest(engine)).toEqual({
      passed: false,
      reason: 'the loss of the evaluation must be 6.35150, got -6.35150',
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('fails an engine that makes %d', async (factor) => {
    const engine = await faultyEngine(scaled(/lossSum/, factor));
    expect(await selfTest(engine)).toEqual({
      passed: false,
      reason: `the loss of training 1 must be 1.27718, got ${factor}`,
    });
  });

  it('fails an engine that throws, with what it said', async () => {
    const engine = await faultyEngine(() => {
      throw new Error('device lost');
    });
    expect(await selfTest(engine)).toEqual({ passed: false, reason: 'device lost' });
  });

  it('fails an engine that takes no graph', async () => {
    const engine = await faultyEngine(() => {});
    const refusing = { ...engine, load: () => Promise.reject(new Error('no such kernel')) };
    expect(await selfTest(refusing)).toEqual({ passed: false, reason: 'no such kernel' });
  });
});
