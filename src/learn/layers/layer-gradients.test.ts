/** Layers in small models: gradients against differences, in graphs of one step. */
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { checkModelGradient } from '../../../test/helpers/check-model-gradient.js';
import { chooseEngine } from '../../engine/onnx-runtime.js';
import { seededRandom } from '../../random.js';
import type { Engine } from '../engine.js';
import { elu, gelu, hardSwish, leakyRelu, sigmoid, silu, softmax, softplus, tanh } from './activation.js';
import { multiHeadAttention, positionalEmbedding, transformerBlock } from './attention.js';
import { conv1d, conv2d } from './convolution.js';
import { dense, flatten } from './dense.js';
import type { Layer } from './layer.js';
import { batchNorm, groupNorm, instanceNorm, layerNorm } from './normalization.js';
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from './pooling.js';
import { residual } from './residual.js';

const RUNS = 3;

let engine: Engine;
beforeAll(async () => {
  engine = (await chooseEngine()).engine;
});

/** Between layers that make the gradient by the input of `layer` matter. */
const inside = (...layers: Layer[]): Layer[] => [dense(6), ...layers, dense(3)];
const between = (...layers: Layer[]): Layer[] => [conv2d(4, 3), ...layers, flatten(), dense(3)];
const along = (...layers: Layer[]): Layer[] => [conv1d(4, 3), ...layers, flatten(), dense(3)];

const families: Readonly<Record<string, { featureShape: number[]; cases: Record<string, Layer[]> }>> = {
  vectors: {
    featureShape: [5],
    cases: {
      leakyRelu: inside(leakyRelu(0.2)),
      elu: inside(elu(0.7)),
      softplus: inside(softplus()),
      sigmoid: inside(sigmoid()),
      tanh: inside(tanh()),
      gelu: inside(gelu()),
      silu: inside(silu()),
      hardSwish: inside(hardSwish()),
      softmax: inside(softmax()),
      batchNorm: inside(batchNorm({ epsilon: 0.1 })),
      layerNorm: inside(layerNorm({ epsilon: 0.1 })),
      groupNorm: inside(groupNorm(2, { epsilon: 0.1 })),
      'residual blocks': inside(residual([dense(6), tanh()]), residual([dense(4), tanh()], [dense(4)])),
    },
  },
  images: {
    featureShape: [2, 6, 5],
    cases: {
      'conv2d with groups': between(conv2d(6, 3, { groups: 2 })),
      'conv2d with one group a channel': between(conv2d(4, 3, { groups: 4, stride: 2 })),
      'conv2d with dilation': between(conv2d(3, 3, { dilation: 2 })),
      'conv2d with padding in numbers, without bias': between(conv2d(3, 2, { padding: 2, bias: false })),
      'max-pools that overlap': between(maxPool(3, { stride: 2, padding: 1 })),
      'average-pools': between(averagePool(2)),
      'average-pools that overlap': between(averagePool(3, { stride: 1, padding: 1 })),
      'global average-pools': [conv2d(4, 3), globalAveragePool(), dense(3)],
      'global max-pools': [conv2d(4, 3), globalMaxPool(), dense(3)],
      batchNorm: between(batchNorm({ epsilon: 0.1 })),
      'layerNorm of whole images': between(layerNorm({ epsilon: 0.1 })),
      groupNorm: between(groupNorm(2, { epsilon: 0.1 })),
      instanceNorm: between(instanceNorm({ epsilon: 0.1 })),
      'a residual block with a projection': between(
        residual([conv2d(3, 3, { stride: 2 }), tanh(), conv2d(3, 3)], [conv2d(3, 1, { stride: 2 })]),
      ),
    },
  },
  sequences: {
    featureShape: [4, 6],
    cases: {
      'conv1d with stride': along(conv1d(3, 3, { stride: 2 })),
      'conv1d with groups and dilation': along(conv1d(4, 3, { groups: 2, dilation: 2 })),
      'max-pools': along(maxPool(2)),
      'average-pools': along(averagePool(3, { stride: 2, padding: 1 })),
      batchNorm: along(batchNorm({ epsilon: 0.1 })),
      groupNorm: along(groupNorm(4, { epsilon: 0.1 })),
      instanceNorm: along(instanceNorm({ epsilon: 0.1 })),
      'dense at every position': [dense(4), tanh(), flatten(), dense(3)],
      'learnt positions': [dense(4), positionalEmbedding(), tanh(), flatten(), dense(3)],
      attention: [dense(4), multiHeadAttention(2), flatten(), dense(3)],
      'causal attention': [multiHeadAttention(3, { causal: true }), flatten(), dense(3)],
      'a transformer block': [
        transformerBlock(2, { causal: true, hidden: 5, dropout: 0.2 }),
        flatten(),
        dense(3),
      ],
    },
  },
};

describe.each(Object.entries(families))('the gradient, on %s, of', (_, { featureShape, cases }) => {
  it.each(Object.entries(cases))('%s agrees with differences of the loss', async (_name, layers) => {
    const loss = 'softmax-cross-entropy';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 5 }), fc.nat(1000), async (rows, seed) => {
        const model = { name: 'test', featureShape, layers, loss } as const;
        await checkModelGradient(engine, model, { rows, classes: 3 }, seededRandom(seed));
      }),
      { seed: 5, numRuns: RUNS },
    );
  });
});
