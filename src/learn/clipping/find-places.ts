/** Follows the examples of a batch through the forward graph, and refuses what mixes them. */
import { ConfigError } from '../../errors.js';
import type { Dim, GraphBuilder, GraphNode, Value } from '../graph.js';
import { type Place, placeBySize } from './place.js';
import { placeRules } from './place-rules.js';

/** Where examples lie, by the name of the value; values that are the same for all examples are not in it. */
export type Places = ReadonlyMap<string, Place>;

/** Operators that read sizes, never what examples hold. */
const SIZES_ONLY: readonly string[] = ['Shape', 'Size'];

/**
 * The places of all values that depend on examples, or come once for each of them.
 *
 * @param nodes the forward nodes, in an order in which they can run
 * @param batch the size of the batch, a name
 * @throws {ConfigError} for an operator that mixes examples.
 */
export function findPlaces(builder: GraphBuilder, nodes: readonly GraphNode[], batch: Dim): Places {
  const places = new Map<string, Place>();
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const note = (value: Value, place: Place | undefined) => {
    if (place) places.set(value.name, place);
  };
  for (const node of nodes) {
    if (SIZES_ONLY.includes(node.op)) continue;
    const inputs = node.inputs.map((name) => (name === '' ? null : builder.value(name)));
    for (const input of inputs) {
      if (input && !made.has(input.name)) note(input, placeBySize(input, batch));
    }
    const outputs = node.outputs.map((name) => builder.value(name));
    const found = inputs.map((input) => (input ? places.get(input.name) : undefined));
    if (found.every((place) => !place)) {
      for (const output of outputs) note(output, placeBySize(output, batch));
      continue;
    }
    const rule = Object.hasOwn(placeRules, node.op) ? placeRules[node.op] : undefined;
    const { op, attributes } = node;
    const kept = rule?.({ op, attributes, inputs, outputs, places: found, batch });
    if (!kept) throw new ConfigError(mixing(node));
    outputs.forEach((output, index) => {
      note(output, Array.isArray(kept) ? kept[index] : (kept as Place));
    });
  }
  return places;
}

function mixing({ op, origin, outputs }: GraphNode): string {
  const node = origin ?? `the node that makes "${outputs[0]}"`;
  return `exampleClippingNorm must be left out where examples mix, and ${op} (${node}) is not known to keep the examples of a batch apart`;
}
