/** The numbers that a step takes in besides its examples: scalars of the graph, and masks of dropout. */

import type { Random } from '../random.js';
import type { MaskInput } from './compile.js';
import type { Engine, EngineTensor } from './engine.js';
import { names } from './graph-names.js';
import { shrinkage } from './pull.js';
import { isPlain, shrinks, type UpdateKind } from './update-kind.js';

/** Scalars of a step that may change from call to call. */
export interface StepSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly gradientClippingNorm?: number;
  readonly exampleClippingNorm?: number;
  readonly proximalTerm?: number;
}

/** The scalars of an update. */
export interface ScalarTensors {
  /** By the names of the graph, those that it takes. */
  readonly tensors: Readonly<Record<string, EngineTensor>>;
  /** Sets all of them; the gradient is multiplied with `scale`. */
  set(settings: StepSettings, scale: number): void;
}

/** Makes the scalars that graphs of `update` take. */
export function createScalars(engine: Engine, update: UpdateKind): ScalarTensors {
  const plain = isPlain(update);
  const scalar = () => engine.tensor(new Float32Array(1), []);
  const all = {
    [names.gradientScale]: scalar(),
    [names.learningRate]: scalar(),
    [names.momentum]: scalar(),
    [names.weightDecay]: scalar(),
    [names.proximalTerm]: scalar(),
    [names.clippingNorm]: scalar(),
    [names.exampleClippingNorm]: scalar(),
  };
  const used = {
    [names.gradientScale]: true,
    [names.learningRate]: !plain,
    [names.momentum]: update.momentum,
    [names.weightDecay]: shrinks(update),
    [names.proximalTerm]: update.proximal && !plain,
    [names.clippingNorm]: update.clipped,
    [names.exampleClippingNorm]: update.examplesClipped,
  };
  return {
    tensors: Object.fromEntries(Object.entries(all).filter(([name]) => used[name as keyof typeof used])),
    set(settings, scale) {
      const { learningRate, momentum, proximalTerm = 0 } = settings;
      const { gradientClippingNorm = 0, exampleClippingNorm = 0 } = settings;
      all.gradientScale.data[0] = plain ? -learningRate * scale : scale;
      all.learningRate.data[0] = learningRate;
      all.momentum.data[0] = momentum;
      all.weightDecay.data[0] = shrinkage(update, settings);
      all.proximalTerm.data[0] = proximalTerm;
      all.clippingNorm.data[0] = gradientClippingNorm;
      all.exampleClippingNorm.data[0] = exampleClippingNorm;
    },
  };
}

/** Masks of dropout for `rows` examples. */
export interface MaskTensors {
  readonly tensors: Readonly<Record<string, EngineTensor>>;
  /** Draws all of them anew. */
  draw(random: Random): void;
}

/** Makes the masks that a graph takes. */
export function createMasks(engine: Engine, masks: readonly MaskInput[], rows: number): MaskTensors {
  const made = masks.map(({ name, rate, exampleShape, length }) => ({
    name,
    rate,
    tensor: engine.tensor(new Float32Array(rows * length), [rows, ...exampleShape]),
  }));
  return {
    tensors: Object.fromEntries(made.map(({ name, tensor }) => [name, tensor])),
    draw(random) {
      for (const { rate, tensor } of made) fillMask(tensor.data, rate, random);
    },
  };
}

function fillMask(mask: Float32Array | Int32Array, rate: number, random: Random): void {
  const kept = 1 / (1 - rate);
  for (let index = 0; index < mask.length; index++) mask[index] = random.float() < rate ? 0 : kept;
}
