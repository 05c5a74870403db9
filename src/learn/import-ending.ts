/** The activation at the end of an imported model that its loss has inside, and the logits before it. */
import { integerOf } from './attributes.js';
import type { Attributes } from './graph.js';
import type { LossName } from './losses.js';
import type { OnnxNode } from './onnx-model.js';

/** The activations that turn logits into what a loss compares. */
const INSIDE: Partial<Record<LossName, string>> = {
  'softmax-cross-entropy': 'Softmax',
  'binary-cross-entropy': 'Sigmoid',
};

/** The end of a model, where it is an activation that the loss has inside. */
export interface Ending {
  readonly op: string;
  /** The name of the value that goes into it. */
  readonly logits: string;
}

/**
 * The activation that makes `output` (or what `output` is a mere copy of), where `loss` has the same inside:
 * training through both would be slow and lose digits.
 *
 * @param nodes those behind `output`, in their order
 */
export function endingOf(nodes: readonly OnnxNode[], output: string, loss: LossName): Ending | undefined {
  let name = output;
  for (const { op, inputs, outputs, attributes } of nodes.toReversed()) {
    if (outputs[0] !== name) continue;
    const [logits = ''] = inputs;
    if (op === INSIDE[loss] && isOverClasses(op, attributes as Attributes)) return { op, logits };
    if (op !== 'Identity') return undefined;
    name = logits;
  }
  return undefined;
}

/** Whether a softmax runs along the last of two axes. */
function isOverClasses(op: string, attributes: Attributes): boolean {
  const axis = integerOf(attributes, 'axis', -1);
  return op !== 'Softmax' || axis === -1 || axis === 1;
}
