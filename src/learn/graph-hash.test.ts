/** The hash of a graph: the same for the same computation, another for any other. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLayout } from '../params/layout.js';
import { modelParameters } from './compile.js';
import { exportModel } from './export-model.js';
import { freeze } from './frozen.js';
import { graphHash } from './graph-hash.js';
import { importModel } from './import-model.js';
import { relu, tanh } from './layers/activation.js';
import { dense } from './layers/dense.js';
import { dropout } from './layers/dropout.js';
import { batchNorm } from './layers/normalization.js';
import { createModel, type Model } from './model.js';

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const hash = (model: Model) => graphHash(model, sha256Hex);
const model: Model = {
  name: 'test',
  featureShape: [4],
  layers: [dense(3), batchNorm(), relu(), dropout(0.5), dense(2)],
  loss: 'softmax-cross-entropy',
};
const images = { featureShape: [1, 28, 28], task: 'classification', classCount: 10 } as const;
const tokens = { featureShape: [12], task: 'next-token', classCount: 30 } as const;

// What people have pinned must not change unnoticed, from one machine or version to another.
it.each([
  ['2nn', images, '88a29785e7011e984471984c6bc6ec5d6c690ff4fdc01772a78dd0cad46d575d'],
  ['resnet8', images, '4cd13e07a317577a9f4dcbdf0bb48f3694726fa396c224f33ff555555162cd45'],
  ['char-lstm', tokens, '6d374746acad9fd115a1dd5e640afe093fdf0d6cde37f19bba4e871e0081f3d8'],
  ['transformer', tokens, '2a9bb27ab786f365e8cc248003833c2f83348939c34953c7adb8832a3e51e73a'],
] as const)('of %s is what it was on the machine that wrote this', async (name, input, expected) => {
  expect(await hash(createModel(name, input))).toBe(expected);
});

it('does not depend on the name, nor on how parameters start', async () => {
  expect(await hash({ ...model, name: 'other' })).toBe(await hash(model));
});

it('of a file does not depend on the values that its parameters start at', async () => {
  const { layout } = modelParameters(model);
  const imported = (value: number) => {
    const params = { layout, values: new Float32Array(layout.size).fill(value) };
    return importModel(exportModel(model, params), { loss: 'softmax-cross-entropy' });
  };
  expect(await hash(await imported(1))).toBe(await hash(await imported(2)));
});

describe('is another one where anything is computed in another way:', () => {
  const [first, norm, activation, drop, last] = model.layers as [
    Model['layers'][0],
    Model['layers'][0],
    Model['layers'][0],
    Model['layers'][0],
    Model['layers'][0],
  ];
  const others: [string, Partial<Model>][] = [
    ['a layer more', { layers: [...model.layers, relu()] }],
    ['a wider layer', { layers: [dense(4), norm, activation, drop, last] }],
    ['another activation', { layers: [first, norm, tanh(), drop, last] }],
    ['another share dropped out', { layers: [first, norm, activation, dropout(0.25), last] }],
    ['nothing dropped out', { layers: [first, norm, activation, last] }],
    [
      'statistics that move faster',
      { layers: [first, batchNorm({ momentum: 0.2 }), activation, drop, last] },
    ],
    ['another loss', { loss: { type: 'softmax-cross-entropy', labelSmoothing: 0.1 } }],
    ['another input', { featureShape: [5] }],
  ];
  it.each(others)('%s', async (_, change) => {
    expect(await hash({ ...model, ...change })).not.toBe(await hash(model));
  });

  it('the values of frozen parameters', async () => {
    const layout = createLayout([{ name: 'dense1.weight', shape: [4, 3] }]);
    const frozen = (value: number) =>
      freeze(model, ['dense1.weight'], { layout, values: new Float32Array(12).fill(value) });
    expect(await hash(frozen(1))).toBe(await hash(frozen(1)));
    expect(await hash(frozen(1))).not.toBe(await hash(frozen(2)));
  });
});
