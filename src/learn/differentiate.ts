/** Reverse-mode differentiation: walks a forward graph backwards and appends the gradients to it. */
import { ConfigError } from '../errors.js';
import { activationRules } from './gradients/activation.js';
import { convolutionRules } from './gradients/convolution.js';
import { linearRules } from './gradients/linear.js';
import type { GradientRule } from './gradients/rule.js';
import type { GraphBuilder, GraphNode, Value } from './graph.js';

/** One rule an operator; a new one goes into the file of its family. */
const rules: Readonly<Record<string, GradientRule>> = {
  ...linearRules,
  ...convolutionRules,
  ...activationRules,
};

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
  const dependent = dependentsOf(nodes, targets);
  const gradients = new Map<string, Value>([[output.name, outputGradient]]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => gradients.has(name) && dependent.has(name))) continue;
    const rule = rules[node.op];
    if (!rule) {
      throw new ConfigError(
        `operator must be one of ${Object.keys(rules).join(', ')} to be trained through, got "${node.op}"`,
      );
    }
    const inputGradients = rule({
      builder,
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

/** The names of the targets and of all values computed from them. */
function dependentsOf(nodes: readonly GraphNode[], targets: readonly Value[]): Set<string> {
  const dependent = new Set(targets.map(({ name }) => name));
  for (const node of nodes) {
    if (node.inputs.some((name) => dependent.has(name))) for (const name of node.outputs) dependent.add(name);
  }
  return dependent;
}
