/** Reverse-mode differentiation: walks a forward graph backwards and appends the gradients to it. */
import { ConfigError } from '../errors.js';
import type { GradientRule, RuleContext } from './gradients/rule.js';
import { gradientRules } from './gradients/table.js';
import type { GraphBuilder, GraphNode, Value } from './graph.js';

/**
 * Appends the gradient of a scalar by each of `targets`, given its gradient by `output`.
 *
 * @param nodes the forward nodes between the targets and `output`, in an order in which they can run
 * @throws {ConfigError} for an operator without a gradient rule.
 */
export function differentiate(
  builder: GraphBuilder,
  nodes: readonly GraphNode[],
  output: Value,
  outputGradient: Value,
  targets: readonly Value[],
): Value[] {
  const dependent = dependentsOf(builder, nodes, targets);
  const gradients = backward(builder, nodes, dependent, new Map([[output.name, outputGradient]]));
  return targets.map((target) => {
    const gradient = gradients.get(target.name);
    if (!gradient) throw new ConfigError(`the loss must depend on "${target.name}", it does not`);
    return gradient;
  });
}

/**
 * Walks the nodes backwards from values whose gradients are given; gives the gradients by all values, by name.
 *
 * @param dependent names of the values whose gradients are wanted
 * @param leave says by which inputs of a node no gradient is wanted after all
 */
export function backward(
  builder: GraphBuilder,
  nodes: readonly GraphNode[],
  dependent: ReadonlySet<string>,
  given: ReadonlyMap<string, Value>,
  leave?: (node: GraphNode, context: RuleContext) => ReadonlySet<number>,
): ReadonlyMap<string, Value> {
  const gradients = new Map(given);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => gradients.has(name) && dependent.has(name))) continue;
    const context: RuleContext = {
      builder,
      op: node.op,
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === '' ? null : builder.value(name))),
      outputs: node.outputs.map((name) => builder.value(name)),
      saved: node.inner?.saved ?? [],
      gradients: node.outputs.map((name) => gradients.get(name) ?? null),
      wants: (index) => dependent.has(node.inputs[index] ?? ''),
    };
    const left = leave?.(node, context);
    const wants = (index: number) => context.wants(index) && !left?.has(index);
    if (!node.inputs.some((_, index) => wants(index))) continue;
    const inputGradients = ruleOf(node)({ ...context, wants });
    node.inputs.forEach((name, index) => {
      const gradient = inputGradients[index];
      if (!gradient || !wants(index)) return;
      const sum = gradients.get(name);
      gradients.set(name, sum ? builder.node('Add', [sum, gradient]) : gradient);
    });
  }
  return gradients;
}

function ruleOf({ op, outputs, origin }: GraphNode): GradientRule {
  const rule = Object.hasOwn(gradientRules, op) ? gradientRules[op] : undefined;
  if (rule) return rule;
  const node = origin ?? `the node that makes "${outputs[0]}"`;
  throw new ConfigError(
    `every operator between a parameter and the loss must have a gradient rule, got ${op} (${node}): freeze the parameters below it, or add a rule (docs/operators.md)`,
  );
}

/** The names of the targets and of all real values computed from them. */
export function dependentsOf(
  builder: GraphBuilder,
  nodes: readonly GraphNode[],
  targets: readonly Value[],
): Set<string> {
  const dependent = new Set(targets.map(({ name }) => name));
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((name) => dependent.has(name))) continue;
    for (const name of outputs) if (builder.value(name).dtype === 'float32') dependent.add(name);
  }
  return dependent;
}
