/** Computation graphs in ONNX's words, and the builder that every layer, gradient rule and loss writes with. */
import { ShapeError } from '../errors.js';
import { inferOutputs, type ValueType } from './shapes.js';

export type DType = 'float32' | 'int32' | 'int64' | 'bool';

/** A size known now, or the name of one known only when the graph runs (the batch). */
export type Dim = number | string;

/** A named tensor in a graph. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** An attribute of an operator, tagged because ONNX tells 1 from 1.0. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operator of the standard ONNX domain. An empty input name means that an optional input is left out. */
export interface GraphNode {
  /** Which node of an imported model this one comes from, for messages. */
  readonly origin?: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Of a composite: the nodes that it stands for, and values of theirs that its gradient rule may use. */
  readonly inner?: { readonly nodes: readonly GraphNode[]; readonly saved: readonly Value[] };
}

/** A tensor whose elements are part of the graph. */
export interface Constant extends Value {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A tensor of floats that is part of the graph and may be large: trained parameters, frozen ones. */
export interface GraphTensor extends Value {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A whole graph; nodes stand in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly tensors: readonly GraphTensor[];
  readonly nodes: readonly GraphNode[];
  /** What the nodes make, but for the outputs: an engine that knows sizes finds room for them sooner. */
  readonly intermediates: readonly Value[];
}

/** Collects a graph node by node, naming values and inferring their shapes. What is computed already is reused. */
export interface GraphBuilder {
  input(name: string, dtype: DType, shape: readonly Dim[]): Value;
  constant(dtype: DType, shape: readonly number[], data: readonly number[]): Value;
  /** A tensor of floats as a part of the graph, named where `name` is given; one array is one tensor. No copy. */
  tensor(shape: readonly number[], values: Float32Array, name?: string): Value;
  /** Says which node of an imported model the nodes added from now on come from. */
  from(origin: string | undefined): void;
  /** Adds a node with one output, whose type is inferred where `type` does not state it. */
  node(op: string, inputs: readonly (Value | null)[], attributes?: Attributes, type?: ValueType): Value;
  /** Adds a node with an output for each of `types`, or as many as are inferred. */
  nodes(op: string, inputs: readonly (Value | null)[], attributes: Attributes, types?: ValueType[]): Value[];
  /**
   * Adds all nodes that `emit` adds as one: to gradients it is a single node of operator `op` (no operator of
   * ONNX) with the rule of that name, to the engine the nodes themselves.
   */
  composite(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
    emit: () => { readonly outputs: readonly Value[]; readonly saved: readonly Value[] },
  ): readonly Value[];
  /** Makes a value leave the graph under `name`. */
  output(name: string, value: Value): Value;
  /** The node that makes a value; undefined for inputs and constants. */
  producer(value: Value): GraphNode | undefined;
  /** All nodes so far, in the order they were added. */
  readonly added: readonly GraphNode[];
  value(name: string): Value;
  build(): Graph;
}

export function createGraphBuilder(): GraphBuilder {
  const values = new Map<string, Value>();
  const constants = new Map<string, Constant>();
  const tensors = new Map<Float32Array, GraphTensor>();
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  const sources = new Map<string, string>();
  const nodes: GraphNode[] = [];
  let target = nodes;
  const producers = new Map<string, GraphNode>();
  const names = new Map<string, number>();
  let known = new Map<string, Value[]>();
  let origin: string | undefined;

  const define = <T extends Value>(value: T): T => {
    if (values.has(value.name)) throw new ShapeError(`the graph already has a value named "${value.name}"`);
    values.set(value.name, value);
    return value;
  };
  const fresh = (stem: string) => {
    const count = names.get(stem) ?? 0;
    names.set(stem, count + 1);
    return `${stem}#${count}`;
  };
  const value = (name: string) => {
    const found = values.get(name);
    if (!found) throw new ShapeError(`the graph has no value named "${name}"`);
    return found;
  };
  const append = (node: GraphNode, results: readonly Value[]) => {
    target.push(node);
    for (const result of results) {
      define(result);
      producers.set(result.name, node);
    }
  };

  return {
    added: nodes,
    value,
    input(name, dtype, shape) {
      const made = define({ name, dtype, shape });
      inputs.push(made);
      return made;
    },
    constant(dtype, shape, data) {
      const key = `${dtype}[${shape.join(',')}]=${data.join(',')}`;
      const known = constants.get(key);
      if (known) return known;
      const made = define({ name: fresh('constant'), dtype, shape, data });
      constants.set(key, made);
      return made;
    },
    tensor(shape, tensorValues, name) {
      const known = tensors.get(tensorValues);
      if (known) return known;
      const made = define({ name: name ?? fresh('tensor'), dtype: 'float32', shape, values: tensorValues });
      tensors.set(tensorValues, made);
      return made;
    },
    from(newOrigin) {
      origin = newOrigin;
    },
    node(op, nodeInputs, attributes = {}, type = undefined) {
      return this.nodes(op, nodeInputs, attributes, type && [type])[0] as Value;
    },
    nodes(op, nodeInputs, attributes, types = inferOutputs(op, nodeInputs, attributes)) {
      const inputNames = nodeInputs.map(nameOf);
      const key = JSON.stringify([op, inputNames, attributes, types]);
      const same = known.get(key);
      if (same) return same;
      const made = types.map((type) => ({ ...type, name: fresh(op.toLowerCase()) }));
      const node = { op, inputs: inputNames, outputs: made.map(nameOf), attributes };
      append(origin === undefined ? node : { ...node, origin }, made);
      known.set(key, made);
      return made;
    },
    composite(op, compositeInputs, attributes, emit) {
      // Values inside must not be shared with the outside, which would get around the composite's gradient.
      const outside = { target, known };
      const inner: GraphNode[] = [];
      [target, known] = [inner, new Map()];
      try {
        const { outputs: made, saved } = emit();
        outside.target.push({
          op,
          inputs: compositeInputs.map(nameOf),
          outputs: made.map(nameOf),
          attributes,
          inner: { nodes: inner, saved },
          ...(origin === undefined ? {} : { origin }),
        });
        return made;
      } finally {
        ({ target, known } = outside);
      }
    },
    output(name, source) {
      const made = define({ ...source, name });
      outputs.push(made);
      sources.set(name, source.name);
      return made;
    },
    producer: (made) => producers.get(made.name),
    build() {
      return prune({
        intermediates: [...producers.keys()].map((name) => values.get(name) as Value),
        inputs,
        outputs,
        constants: [...constants.values()],
        tensors: [...tensors.values()],
        nodes: nameOutputs(
          nodes.flatMap((node) => node.inner?.nodes ?? [node]),
          sources,
        ),
      });
    },
  };
}

function nameOf(value: Value | null): string {
  return value === null ? '' : value.name;
}

/** Gives values that leave the graph their outside names where they are made; no copy is needed for that. */
function nameOutputs(nodes: readonly GraphNode[], sources: ReadonlyMap<string, string>): GraphNode[] {
  const outside = new Map<string, string>();
  const copies: GraphNode[] = [];
  const made = new Set(nodes.flatMap((node) => node.outputs));
  for (const [name, source] of sources) {
    if (made.has(source) && !outside.has(source)) outside.set(source, name);
    else copies.push({ op: 'Identity', inputs: [source], outputs: [name], attributes: {} });
  }
  const rename = (name: string) => outside.get(name) ?? name;
  return [...nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
}

/** Leaves out nodes and constants that no output depends on. */
function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const kept: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  const made = new Set(kept.flatMap(({ outputs }) => outputs));
  return {
    ...graph,
    constants: graph.constants.filter(({ name }) => needed.has(name)),
    tensors: graph.tensors.filter(({ name }) => needed.has(name)),
    nodes: kept.reverse(),
    intermediates: graph.intermediates.filter(({ name }) => made.has(name)),
  };
}
