/** Brings the nodes of a file into an order in which they can run, and checks that every value has one origin. */
import { ConfigError } from '../errors.js';
import { describeNode, type OnnxNode } from './onnx-model.js';

interface Named {
  readonly name: string;
}

/**
 * The nodes in an order in which they can run: as they come where that is one already.
 *
 * @param inputs of the graph; an initialiser may be one of them too
 * @param tensors initialisers and constants by name
 * @throws {ConfigError} when two origins give one name, an input comes from nowhere, or nodes form a cycle.
 */
export function inRunningOrder(
  nodes: readonly OnnxNode[],
  inputs: readonly Named[],
  tensors: readonly [ReadonlyMap<string, unknown>, ReadonlyMap<string, unknown>],
  outputs: readonly Named[],
): readonly OnnxNode[] {
  const [initializers, constants] = tensors;
  const there = new Set(initializers.keys());
  const add = (name: string) => {
    if (there.has(name)) throw new ConfigError(`every value must have one origin, got two for "${name}"`);
    there.add(name);
  };
  for (const { name } of inputs) if (!initializers.has(name)) add(name);
  for (const name of constants.keys()) add(name);
  const given = new Set(there);
  const makers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      add(name);
      makers.set(name, node);
    }
  }
  const missing = (name: string) => name !== '' && !there.has(name);
  for (const node of nodes) {
    const lost = node.inputs.find(missing);
    if (lost !== undefined) {
      throw new ConfigError(`${describeNode(node)} must have inputs that something makes, got "${lost}"`);
    }
  }
  for (const { name } of outputs) {
    if (missing(name)) throw new ConfigError(`output "${name}" must be made by the graph, it is not`);
  }
  return isRunnable(nodes, given) ? nodes : sorted(nodes, makers);
}

function isRunnable(nodes: readonly OnnxNode[], given: ReadonlySet<string>): boolean {
  const made = new Set(given);
  return nodes.every((node) => {
    const ready = node.inputs.every((name) => name === '' || made.has(name));
    for (const name of node.outputs) made.add(name);
    return ready;
  });
}

/** Kahn (1962): a node follows when all the nodes it waits for have; those that never do wait in a cycle. */
function sorted(nodes: readonly OnnxNode[], makers: ReadonlyMap<string, OnnxNode>): OnnxNode[] {
  const waiting = new Map<OnnxNode, number>();
  const followers = new Map<OnnxNode, OnnxNode[]>(nodes.map((node) => [node, []]));
  for (const node of nodes) {
    const before = node.inputs.flatMap((name) => makers.get(name) ?? []);
    waiting.set(node, before.length);
    for (const maker of before) followers.get(maker)?.push(node);
  }
  const order = nodes.filter((node) => waiting.get(node) === 0);
  for (let at = 0; at < order.length; at++) {
    for (const follower of followers.get(order[at] as OnnxNode) ?? []) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) order.push(follower);
    }
  }
  const stuck = nodes.find((node) => (waiting.get(node) ?? 0) > 0);
  if (stuck) {
    throw new ConfigError(
      `nodes must not wait for one another in a circle, got ${describeNode(stuck)} in or behind one`,
    );
  }
  return order;
}
