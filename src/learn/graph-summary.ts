/** What a model is made of, for people who decide whether to run it. */
import { modelParameters } from './compile.js';
import type { Model } from './model.js';

/** As plain data. */
export interface GraphSummary {
  /** How many nodes of each operator predict, by the operator's name in ONNX (recurrences count as one node). */
  readonly operators: Readonly<Record<string, number>>;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly parameterCount: number;
  readonly loss: string;
}

/** Counts the nodes and names the parameters of a model, in the order of its layers. */
export function graphSummary(model: Model): GraphSummary {
  const { layout, nodes } = modelParameters(model);
  const operators: Record<string, number> = {};
  for (const { op } of nodes) operators[op] = (operators[op] ?? 0) + 1;
  return {
    operators,
    parameters: layout.entries.map(({ name, shape }) => ({ name, shape })),
    parameterCount: layout.size,
    loss: typeof model.loss === 'string' ? model.loss : model.loss.type,
  };
}
