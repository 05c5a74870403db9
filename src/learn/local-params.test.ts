/** FedBN by hand: normalisations stay with their clients, everything else is averaged. */
import { describe, expect, it } from 'vitest';
import { importFile } from '../../test/helpers/imported.js';
import { randomExamples } from '../../test/helpers/random-examples.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { ConfigError } from '../errors.js';
import { copyEntries } from '../params/copy-entries.js';
import { seededRandom } from '../random.js';
import { relu } from './layers/activation.js';
import { dense } from './layers/dense.js';
import { batchNorm, groupNorm } from './layers/normalization.js';
import { type LocalParams, localEntries } from './local-params.js';
import { createModel, type Model } from './model.js';
import { createOnnxTrainer } from './onnx-trainer.js';

const model: Model = {
  name: 'mixed',
  featureShape: [4],
  layers: [dense(4), batchNorm(), relu(), dense(4), groupNorm(2), dense(3)],
  loss: 'softmax-cross-entropy',
};
const namesOf = (of: Model, local: LocalParams) => localEntries(of, local).map(({ name }) => name);
const ofNorm = ['weight', 'bias', 'runningMean', 'runningVariance'].map((part) => `batchNorm1.${part}`);

describe('localEntries', () => {
  it('are those of the batch normalisations, of layers and of imported files', () => {
    expect(namesOf(model, 'batch-normalization')).toEqual(ofNorm);
    const four = (name: string) => ({ name, dims: [3], floats: [1, 2, 3] });
    const file = importFile({
      nodes: [
        { op: 'BatchNormalization', inputs: ['x', 's', 'b', 'm', 'v'], outputs: ['h'] },
        { op: 'Gemm', inputs: ['h', 'w'], outputs: ['y'] },
      ],
      tensors: [...['s', 'b', 'm', 'v'].map(four), { name: 'w', dims: [3, 2], floats: [1, 2, 3, 4, 5, 6] }],
    });
    expect(namesOf(file, 'batch-normalization')).toEqual(['s', 'b', 'm', 'v']);
  });

  it('are those of a list, or of a pattern', () => {
    expect(namesOf(model, ['dense1.bias', 'dense2.bias'])).toEqual(['dense1.bias', 'dense2.bias']);
    expect(namesOf(model, ['batchNorm*', '*2.bias'])).toEqual([...ofNorm, 'dense2.bias']);
    expect(namesOf(model, /Norm/g)).toEqual([...ofNorm, 'groupNorm1.weight', 'groupNorm1.bias']);
  });

  it.each<[LocalParams, Model, string]>([
    [
      ['dense9.*'],
      model,
      'localParams must match parameters (dense1.weight, dense1.bias, batchNorm1.weight, batchNorm1.bias, batchNorm1.runningMean, ...), "dense9.*" matches none',
    ],
    [[], model, 'localParams must name at least one parameter, got none'],
    [['*'], model, 'localParams must choose some parameters of mixed, got all'],
    [/none/, model, 'localParams must choose some parameters of mixed, got none'],
    [/./, model, 'localParams must choose some parameters of mixed, got all'],
    [
      'batch-normalization',
      createModel('mlp', { featureShape: [4], task: 'classification', classCount: 2 }),
      'localParams must choose some parameters of mlp, got none',
    ],
  ])('refuse %s', (local, of, message) => {
    expect(() => localEntries(of, local)).toThrow(new ConfigError(message));
  });
});

it('two clients with shifted features average all but their normalisations', async () => {
  const { engine } = await chooseEngine({ kind: 'native' });
  const trainer = createOnnxTrainer(engine, model);
  const local = localEntries(model, 'batch-normalization');
  const global = new Float32Array(trainer.layout.size);
  await trainer.initialParams(1, global);
  const clients = [0, 8].map((shift, id) => {
    const examples = randomExamples(seededRandom(id), 30, [4]);
    examples.dataset.features.forEach((value, at, all) => {
      all[at] = value + shift;
    });
    return { examples, own: global.slice() };
  });
  const work = {
    amount: { steps: 5 },
    batchSize: 10,
    learningRate: 0.1,
    momentum: 0,
    weightDecay: 0,
  } as const;
  for (let round = 0; round < 10; round++) {
    for (const client of clients) {
      const start = global.slice();
      copyEntries(local, client.own, start);
      await trainer.train(start, client.examples, work, round, client.own);
    }
    const [one, other] = clients.map(({ own }) => {
      const report = own.slice();
      copyEntries(local, global, report);
      return report;
    });
    global.forEach((_, at) => {
      global[at] = (one![at]! + other![at]!) / 2;
    });
  }
  const running = local.find(({ name }) => name === 'batchNorm1.runningMean')!;
  const [first, second] = clients.map(({ own }) =>
    own.subarray(running.offset, running.offset + running.length),
  );
  expect(Math.max(...first!.map((value, at) => Math.abs(value - second![at]!)))).toBeGreaterThan(1);
  expect([...global.subarray(running.offset, running.offset + running.length)]).toEqual([0, 0, 0, 0]);
  for (const { own, examples } of clients) {
    const personal = global.slice();
    copyEntries(local, own, personal);
    const good = await trainer.evaluate(personal, examples);
    const without = await trainer.evaluate(global, examples);
    expect(good.lossSum).toBeLessThan(without.lossSum);
  }
  await trainer.dispose?.();
});
