/** Models of which a part is not trained: those parameters are tensors in the graph, and no part of the layout. */
import { ConfigError, ShapeError } from '../errors.js';
import type { Params } from '../params/layout.js';
import { modelParameters } from './compile.js';
import type { Layer, LayerContext } from './layers/layer.js';
import type { Model } from './model.js';

/**
 * The model with some parameters frozen: they keep their values to the last bit, no gradient is computed by them or
 * below the lowest trained parameter, and they never leave the client, since the layout does not have them.
 *
 * @param frozen names of parameters, in which `*` stands for any text (`conv*`, `*.bias`), or a choice by name
 * @param params where frozen parameters have their values from; may be left out where a model starts from given
 *   ones, as an imported one does
 * @throws {ConfigError} when a name matches no parameter, none is left to train, or there are no `params` for
 *   parameters that start at random.
 * @throws {ShapeError} when `params` lacks a frozen parameter, or has another shape for it.
 */
export function freeze(
  model: Model,
  frozen: readonly string[] | ((name: string) => boolean),
  params?: Params,
): Model {
  const { entries } = modelParameters(model).layout;
  const names = entries.map(({ name }) => name);
  const matches = typeof frozen === 'function' ? frozen : namesMatching('frozen', frozen, names);
  if (!names.some(matches)) throw new ConfigError('frozen must name at least one parameter, got none');
  if (entries.every(({ name, statistic }) => statistic || matches(name)))
    throw new ConfigError('a model must have a parameter to train, all are frozen');
  const values = fixedValues(model, matches, params);
  const layers = model.layers.map(
    (layer): Layer =>
      (input, context) =>
        layer(input, fixed(context, values)),
  );
  return { ...model, layers };
}

/** The context in which parameters (and statistics) that have `values` are tensors of the graph. */
export function fixed(context: LayerContext, values: ReadonlyMap<string, Float32Array>): LayerContext {
  return {
    ...context,
    parameter(name, shape, initializer) {
      const own = values.get(name);
      return own ? context.builder.tensor(shape, own, name) : context.parameter(name, shape, initializer);
    },
    statistic(name, shape, initializer) {
      const own = values.get(name);
      if (!own) return context.statistic(name, shape, initializer);
      return { value: context.builder.tensor(shape, own, name), moveTo() {} };
    },
  };
}

/**
 * Whether a name is one of `patterns`, in which `*` stands for any text.
 *
 * @throws {ConfigError} when there are none, or one matches nothing among `all`.
 */
export function namesMatching(
  argument: string,
  patterns: readonly string[],
  all: readonly string[],
): (name: string) => boolean {
  if (patterns.length === 0) throw new ConfigError(`${argument} must name at least one parameter, got none`);
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    const expression = new RegExp(`^${parts.join('.*')}$`, 's');
    if (!all.some((name) => expression.test(name))) {
      throw new ConfigError(
        `${argument} must match parameters (${all.slice(0, 5).join(', ')}${all.length > 5 ? ', ...' : ''}), "${pattern}" matches none`,
      );
    }
    return expression;
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

/**
 * Copies of the values of all parameters and statistics whose names `matches`.
 *
 * @throws {ConfigError} when there are no `params`, and one starts at random.
 * @throws {ShapeError} when `params` lacks one, or has another shape for it.
 */
export function fixedValues(
  model: Model,
  matches: (name: string) => boolean,
  params: Params | undefined,
): ReadonlyMap<string, Float32Array> {
  const { layout, initializers } = modelParameters(model);
  const given = new Map(params?.layout.entries.map((entry) => [entry.name, entry]));
  const values = new Map<string, Float32Array>();
  layout.entries.forEach(({ name, shape, length }, index) => {
    if (!matches(name)) return;
    const entry = given.get(name);
    if (params) {
      if (entry?.shape.join() !== shape.join()) {
        const got = entry ? `[${entry.shape.join(', ')}]` : 'none';
        throw new ShapeError(`params must have "${name}" [${shape.join(', ')}], got ${got}`);
      }
      values.set(name, params.values.slice(entry.offset, entry.offset + entry.length));
      return;
    }
    const initializer = initializers[index];
    if (typeof initializer === 'object' && 'values' in initializer) values.set(name, initializer.values);
    else if (initializer === 'ones' || initializer === 'zeros') {
      values.set(name, new Float32Array(length).fill(initializer === 'ones' ? 1 : 0));
    } else throw new ConfigError(`params must be given: "${name}" would stay at random values without them`);
  });
  return values;
}
