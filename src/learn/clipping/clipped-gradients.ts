/**
 * The gradient of a step of DP-SGD (Abadi et al. 2016, algorithm 1), without its noise: every example's gradient
 * is clipped before they are added up. One backward pass serves all examples: what it holds anyway, the gradients
 * by the outputs of every node, gives first the norms and then the clipped sum.
 */
import { ConfigError } from '../../errors.js';
import { backward, dependentsOf } from '../differentiate.js';
import { arithmeticOf } from '../gradients/formulas.js';
import type { RuleContext } from '../gradients/rule.js';
import type { Dim, GraphBuilder, GraphNode, Value } from '../graph.js';
import { type ExampleGradient, merged, squaredNorms, weightedSum } from './example-gradient.js';
import { findPlaces, type Places } from './find-places.js';
import { type GradientLists, pullBack } from './pull-back.js';
import { noRule } from './rule.js';
import { exampleRules } from './table.js';

/** What clipping needs of a step. */
interface ClippedStep {
  /** The forward nodes, in an order in which they can run. */
  readonly nodes: readonly GraphNode[];
  readonly output: Value;
  /** The gradient of each example's own loss by the output. */
  readonly outputGradient: Value;
  /** The parameters. */
  readonly targets: readonly Value[];
  /** The size of the batch, a name. */
  readonly batch: Dim;
  /** Bound on the L2 norm of each example's gradient, over all targets together: a scalar. */
  readonly clippingNorm: Value;
  /** What the sum is multiplied with: a scalar. */
  readonly scale: Value;
}

/**
 * Appends, for each target, `scale` times the sum over examples of their gradients, each shortened to
 * `clippingNorm` where it is longer.
 *
 * @throws {ConfigError} where examples mix, or the gradient of each example is not known.
 */
export function clippedGradients(builder: GraphBuilder, step: ClippedStep): Value[] {
  const { nodes, targets, batch } = step;
  const places = findPlaces(builder, nodes, batch);
  const dependent = dependentsOf(builder, nodes, targets);
  const isShared = ({ outputs }: GraphNode) => !outputs.some((name) => places.has(name));
  const shared = nodes.filter(isShared);
  const met = meetingGradients(
    builder,
    step,
    nodes.filter((node) => !isShared(node)),
    dependent,
    places,
  );
  const lists = pullBack(builder, shared, met, dependent, batch);
  const weights = exampleWeights(builder, step, lists);
  const sums = new Map<string, Value>();
  for (const [name, list] of met) {
    const { shape } = builder.value(name);
    const terms = merged(builder, list, shape).map((term) => weightedSum(builder, term, weights, shape));
    sums.set(
      name,
      terms.reduce((sum, term) => builder.node('Add', [sum, term])),
    );
  }
  const gradients = backward(builder, shared, dependent, sums);
  return targets.map((target) => gradients.get(target.name) as Value);
}

/** The gradients of every example by the shared values that examples meet, by name. */
function meetingGradients(
  builder: GraphBuilder,
  { output, outputGradient, batch }: ClippedStep,
  nodes: readonly GraphNode[],
  dependent: ReadonlySet<string>,
  places: Places,
): GradientLists {
  const met = new Map<string, ExampleGradient[]>();
  const meet = (node: GraphNode, context: RuleContext) => {
    const outputPlace = node.outputs.map((name) => places.get(name)).find((place) => place !== undefined);
    const kept = new Set<number>();
    node.inputs.forEach((name, index) => {
      if (!dependent.has(name) || places.has(name)) return;
      const rule = Object.hasOwn(exampleRules, node.op) ? exampleRules[node.op] : undefined;
      const { origin } = node;
      if (!rule || !outputPlace) throw noRule({ ...context, origin }, index);
      const place = (at: number) => places.get(node.inputs[at] ?? '');
      const gradient = rule({ ...context, batch, place, outputPlace, origin }, index);
      met.set(name, [...(met.get(name) ?? []), gradient]);
      kept.add(index);
    });
    return kept;
  };
  backward(builder, nodes, dependent, new Map([[output.name, outputGradient]]), meet);
  return met;
}

/** `scale` for each example, and less where its gradient is longer than it may be: [batch]. */
function exampleWeights(
  builder: GraphBuilder,
  { targets, clippingNorm, scale }: ClippedStep,
  lists: GradientLists,
): Value {
  const { add, div, greater, mul, sqrt, where } = arithmeticOf(builder);
  const squares = targets.map(({ name, shape }) => {
    const list = lists.get(name);
    if (!list) throw new ConfigError(`the loss must depend on "${name}", it does not`);
    return squaredNorms(builder, merged(builder, list, shape));
  });
  const norms = sqrt(squares.reduce((sum, square) => add(sum, square)));
  return mul(where(greater(norms, clippingNorm), div(clippingNorm, norms), 1), scale);
}
