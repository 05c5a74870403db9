/** Gradients of convolutions against differences, in one and two dimensions. */
import {
  between,
  type GradientCase,
  node,
  tensor,
  testGradients,
} from '../../../test/helpers/check-gradient.js';
import type { Random } from '../../random.js';
import { int, ints, text } from '../attributes.js';
import type { Attributes } from '../graph.js';

interface Options {
  readonly rank: number;
  readonly group?: number;
  readonly dilation?: number;
  readonly stride?: number;
  /** Zeros before and behind, at random, up to this. */
  readonly pad?: number;
}

/** Attributes of random windows on inputs of random sizes. */
function windows(random: Random, { rank, group = 1, dilation = 1, stride = 1, pad = 0 }: Options) {
  const each = (draw: () => number) => Array.from({ length: rank }, draw);
  const kernel = each(() => between(random, 1, 3));
  const attributes: Attributes = {
    kernel_shape: ints(kernel),
    strides: ints(each(() => stride)),
    dilations: ints(each(() => dilation)),
    pads: ints([...each(() => random.integer(pad + 1)), ...each(() => random.integer(pad + 1))]),
    group: int(group),
  };
  const sizes = kernel.map((size) => (size - 1) * dilation + 1 + random.integer(4));
  return { kernel, attributes, sizes, batch: between(random, 1, 3), group };
}

const conv =
  (options: Options) =>
  (random: Random): GradientCase => {
    const { kernel, attributes, sizes, batch, group } = windows(random, options);
    const [inputs, outputs] = [group * between(random, 1, 2), group * between(random, 1, 3)];
    const x = tensor(['batch', inputs, ...sizes]);
    return node('Conv', [x, tensor([outputs, inputs / group, ...kernel]), tensor([outputs])], attributes, {
      batch,
    });
  };

const convTranspose =
  (options: Options) =>
  (random: Random): GradientCase => {
    const { kernel, attributes, sizes, batch, group } = windows(random, { ...options, pad: 0 });
    const [inputs, outputs] = [group * between(random, 1, 2), between(random, 1, 3)];
    const parameters = [tensor([inputs, outputs, ...kernel]), tensor([outputs * group])];
    const { stride = 1, pad = 0 } = options;
    const more = {
      ...attributes,
      pads: ints(
        kernel.flatMap((size) => (size > 1 ? [random.integer(pad + 1)] : [0])).concat(kernel.map(() => 0)),
      ),
      output_padding: ints(kernel.map(() => random.integer(stride))),
    };
    return node('ConvTranspose', [tensor(['batch', inputs, ...sizes]), ...parameters], more, { batch });
  };

testGradients({
  Conv: conv({ rank: 2, pad: 2 }),
  'Conv with strides': conv({ rank: 2, stride: 2, pad: 1 }),
  'Conv with dilations': conv({ rank: 2, dilation: 2, pad: 2 }),
  'Conv with dilations and strides': conv({ rank: 2, dilation: 2, stride: 3, pad: 2 }),
  'Conv in groups': conv({ rank: 2, group: 2, stride: 2, pad: 1 }),
  'Conv, a kernel a channel': (random) => {
    const channels = between(random, 1, 4);
    const inputs = [tensor(['batch', channels, 4, 5]), tensor([channels, 1, 3, 2])];
    return node('Conv', inputs, { group: int(channels), pads: ints([1, 1, 1, 0]) }, { batch: 2 });
  },
  'Conv in one dimension': conv({ rank: 1, pad: 2 }),
  'Conv in one dimension, with everything': conv({ rank: 1, group: 3, stride: 2, dilation: 3, pad: 2 }),
  'Conv in three dimensions': conv({ rank: 3, pad: 1 }),
  'Conv over a length known at run time': (random) =>
    node(
      'Conv',
      [tensor(['batch', 2, 'length']), tensor([3, 2, 3])],
      { pads: ints([1, 1]) },
      {
        batch: 2,
        length: between(random, 3, 6),
      },
    ),
  'Conv with automatic padding': (random) => {
    const auto = text(random.integer(2) === 0 ? 'SAME_UPPER' : 'SAME_LOWER');
    const inputs = [tensor([2, 2, between(random, 3, 6), 5]), tensor([3, 2, 2, 3])];
    return node('Conv', inputs, { auto_pad: auto, strides: ints([2, 1]) });
  },
  ConvTranspose: convTranspose({ rank: 2, pad: 1 }),
  'ConvTranspose with strides': convTranspose({ rank: 2, stride: 2, pad: 1 }),
  'ConvTranspose with dilations, in groups': convTranspose({ rank: 2, stride: 2, dilation: 2, group: 2 }),
  'ConvTranspose in one dimension': convTranspose({ rank: 1, stride: 3, pad: 1 }),
});
