/** Reverse-mode differentiation: walks a forward graph backwards and appends the gradients to it. */
import { ConfigError } from '../errors.js';
import type { GradientRule } from './gradients/rule.js';
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
  const gradients = new Map<string, Value>([[output.name, outputGradient]]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => gradients.has(name) && dependent.has(name))) continue;
    const inputGradients = ruleOf(node)({
      builder,
      op: node.op,
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === '' ? null : builder.value(name))),
      outputs: node.outputs.map((name) => builder.value(name)),
      gradients: node.outputs.map((name) => gradients.get(name) ?? null),
      wants: (index) => dependent.has(node.inputs[index] ?? ''),
    });
    node.inputs.forEach((name, index) => {
      const gradient = inputGradients[index];
      if (!gradient || !dependent.has(name)) return;
      const sum = gradients.get(name);
      gradients.set(name, sum ? builder.node('Add', [sum, gradient]) : gradient);
    });
  }
  return targets.map((target) => {
    const gradient = gradients.get(target.name);
    if (!gradient) throw new ConfigError(`the loss must depend on "${target.name}", it does not`);
    return gradient;
  });
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
function dependentsOf(
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
