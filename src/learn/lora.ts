/** Low-rank adapters (LoRA, Hu et al. 2021): a large model is tuned by training a few thin matrices beside it. */
import { ConfigError } from '../errors.js';
import { assertSameLayout, type Layout, type Params, paramValues, zeros } from '../params/layout.js';
import { modelParameters } from './compile.js';
import { fixed, fixedValues, namesMatching } from './frozen.js';
import type { Value } from './graph.js';
import type { LayerContext } from './layers/layer.js';
import { type Adapter, adaptingBuilder, notAFactor, type Target } from './lora-builder.js';
import type { Model } from './model.js';

/** Options of `lora`. */
export interface LoraOptions {
  /** Rows of A and columns of B: how many numbers stand between a layer's inputs and its outputs. */
  readonly rank: number;
  /** What B A is multiplied with is `alpha / rank`; default `rank`, so that it is 1. */
  readonly alpha?: number;
  /** Names of the weights that get adapters, in which `*` stands for any text. */
  readonly targets: readonly string[];
}

/** A model with adapters; its layout holds nothing but them. */
export interface LoraModel extends Model {
  /**
   * The parameters of the base model with what the adapters learnt: every target W becomes W + alpha / rank B A. For
   * `exportModel(base, merged)`.
   *
   * @throws {ShapeError} when `adapters` are not those of this model.
   */
  merge(adapters: Params): Params;
}

/**
 * The model with adapters beside its weights, everything else frozen: a product x W becomes x W + alpha / rank
 * x A^T B^T, by two thin products (Hu et al. 2021, section 4.1). Parameters are `<weight>.loraA` [rank, inputs],
 * which starts uniform on +-1 / sqrt(inputs) as in PEFT, and `<weight>.loraB` [outputs, rank], which starts at zero, so
 * that at first the model does what its base does.
 *
 * @param params the base model's parameters; may be left out where it starts from given ones, as an imported one does
 * @throws {ConfigError} for a rank or alpha out of range, or a target that is no weight of Gemm or MatMul alone.
 */
export function lora(base: Model, options: LoraOptions, params?: Params): LoraModel {
  const { rank, alpha = rank, targets: patterns } = options;
  if (!Number.isSafeInteger(rank) || rank < 1) {
    throw new ConfigError(`rank must be a positive integer, got ${rank}`);
  }
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new ConfigError(`alpha must be a positive finite number, got ${alpha}`);
  }
  const { layout } = modelParameters(base);
  const isTarget = namesMatching(
    'targets',
    patterns,
    layout.entries.map(({ name }) => name),
  );
  const values = fixedValues(base, () => true, params);
  const scale = alpha / rank;
  const found = new Map<string, Target>();
  const forward = (input: Value, context: LayerContext) => {
    const adapters = new Map<string, Adapter>();
    const adapterOf = (target: Target): Adapter => {
      const { name, inputs, outputs } = target;
      if (target.flipped !== (found.get(name) ?? target).flipped) {
        throw new ConfigError(
          `targets must be used one way round, "${name}" is used as it is and transposed`,
        );
      }
      found.set(name, target);
      const known = adapters.get(name);
      if (known) return known;
      const limit = 1 / Math.sqrt(inputs);
      const a = context.parameter(`${name}.loraA`, [rank, inputs], { uniformLimit: limit });
      const b = context.parameter(`${name}.loraB`, [outputs, rank], 'zeros');
      adapters.set(name, [a, b]);
      return [a, b];
    };
    const builder = adaptingBuilder(context.builder, isTarget, adapterOf, scale);
    const inner = fixed({ ...context, builder }, values);
    return base.layers.reduce((value, layer) => layer(value, inner), input);
  };
  const model: Model = { ...base, layers: [forward] };
  const ownLayout = modelParameters(model).layout;
  for (const { name } of layout.entries) {
    if (isTarget(name) && !found.has(name)) throw notAFactor(name);
  }
  return {
    ...model,
    merge(adapters) {
      assertSameLayout(ownLayout, adapters.layout, 'adapters');
      return merged(layout, values, found, adapters, scale);
    },
  };
}

/** The base parameters, in their layout, with what the adapters add to their weights. */
function merged(
  layout: Layout,
  values: ReadonlyMap<string, Float32Array>,
  targets: ReadonlyMap<string, Target>,
  adapters: Params,
  scale: number,
): Params {
  const params = zeros(layout);
  for (const { name } of layout.entries) {
    const out = paramValues(params, name);
    out.set(values.get(name) as Float32Array);
    const target = targets.get(name);
    if (!target) continue;
    const { inputs, outputs, flipped } = target;
    const [a, b] = [paramValues(adapters, `${name}.loraA`), paramValues(adapters, `${name}.loraB`)];
    const rank = a.length / inputs;
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        let sum = 0;
        for (let at = 0; at < rank; at++) {
          sum += (b[output * rank + at] as number) * (a[at * inputs + input] as number);
        }
        const place = flipped ? output * inputs + input : input * outputs + output;
        out[place] = (out[place] as number) + scale * sum;
      }
    }
  }
  return params;
}
