/** Both builds of ONNX Runtime behind the `Engine` interface. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { createGraphBuilder } from '../learn/graph.js';
import { createModel } from '../learn/model.js';
import { encodeOnnx } from '../learn/onnx-encode.js';
import { createOnnxTrainer } from '../learn/onnx-trainer.js';
import { seededRandom } from '../random.js';
import type { EngineKind } from './engine-options.js';
import { chooseEngine } from './onnx-runtime.js';

const kinds = ['native', 'wasm'] as const satisfies readonly EngineKind[];

describe.each(kinds)('the %s engine', (kind) => {
  it('says what it is', async () => {
    const { engine, notice } = await chooseEngine({ kind });
    expect(engine.name).toMatch(new RegExp(`^ONNX Runtime \\d+\\.\\d+\\.\\d+.* \\(${kind}\\)$`));
    expect(notice).toBeUndefined();
  });

  it('reads the arrays of inputs and writes into those of outputs at every run', async () => {
    const { engine } = await chooseEngine({ kind });
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', ['rows', 2]);
    builder.output('y', builder.node('Add', [x, x]));
    const session = await engine.load(encodeOnnx(builder.build()));
    const input = engine.tensor(new Float32Array(4), [2, 2]);
    const output = engine.tensor(new Float32Array(4), [2, 2]);
    for (const first of [1, 5]) {
      input.data.set([first, 2, 3, 4]);
      await session.run({ x: input }, { y: output });
      expect([...output.data]).toEqual([2 * first, 4, 6, 8]);
    }
    await session.release();
  });

  it('refuses a graph that the runtime does not take, in a sentence', async () => {
    const { engine } = await chooseEngine({ kind });
    const builder = createGraphBuilder();
    const x = builder.input('x', 'float32', ['rows', 2]);
    builder.output('y', builder.node('NoSuchOperator', [x], {}, x));
    const loading = engine.load(encodeOnnx(builder.build()));
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow('model must be a graph that ONNX Runtime takes');
  });
});

describe('chooseEngine', () => {
  it('takes the native engine where it is installed', async () => {
    const { engine, kind, notice } = await chooseEngine();
    expect(engine.name).toContain('(native)');
    expect(kind).toBe('native');
    expect(notice).toBeUndefined();
  });

  it('knows no WebGPU in Node', async () => {
    await expect(chooseEngine({ kind: 'webgpu' })).rejects.toThrow('kind must be native or wasm in Node');
  });

  it('gives engines that agree on a round of training and on its evaluation', async () => {
    const random = seededRandom(5);
    const dataset = {
      name: 'random',
      task: 'classification',
      count: 64,
      featureShape: [784],
      features: new Float32Array(64 * 784).map(() => random.float()),
      labels: new Float32Array(64).map(() => random.integer(10)),
      classNames: [...'0123456789'],
    } as const;
    const examples = { dataset, indices: Uint32Array.from({ length: 64 }, (_, index) => index) };
    const work = {
      amount: { epochs: 2 },
      batchSize: 10,
      learningRate: 0.1,
      momentum: 0.5,
      weightDecay: 0.01,
    };
    const model = createModel('mlp', { ...dataset, classCount: 10 });
    const [native, wasm] = await Promise.all(
      kinds.map(async (kind) => {
        const trainer = createOnnxTrainer((await chooseEngine({ kind })).engine, model);
        const params = new Float32Array(trainer.layout.size);
        await trainer.initialParams(1, params);
        const { loss } = await trainer.train(params, examples, work, 1, params);
        const { lossSum } = await trainer.evaluate(params, examples);
        await trainer.dispose?.();
        return { loss, lossSum, params };
      }),
    );
    expect(Math.abs(wasm!.loss / native!.loss - 1)).toBeLessThan(1e-4);
    expect(Math.abs(wasm!.lossSum / native!.lossSum - 1)).toBeLessThan(1e-4);
    const difference = native!.params.map((value, index) => Math.abs(value - wasm!.params[index]!));
    expect(Math.max(...difference)).toBeLessThan(1e-4 * Math.max(...native!.params));
  });
});
