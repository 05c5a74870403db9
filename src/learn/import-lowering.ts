/** What a lowering of an imported operator is, and what it sees. */
import { ConfigError } from '../errors.js';
import type { Attributes, Dim, Value } from './graph.js';
import type { LayerContext, Statistic } from './layers/layer.js';
import type { OnnxNode, OnnxValue } from './onnx-model.js';

/** What replayed nodes see of the file and of the graph they are replayed into. */
export interface ReplayScope {
  readonly context: LayerContext;
  /** Version of the operators in the file. */
  readonly opset: number;
  /** Types that the file states. */
  readonly stated: ReadonlyMap<string, OnnxValue>;
  /** The graph's features; axis 0 is the batch. */
  readonly features: Value;
  /** The size of the batch in the file: a number where it was exported with one. */
  readonly fileBatch: Dim;
  /** Names of values that depend on the features. */
  readonly batched: Set<string>;
  /** Names of the file that some node, or the output, takes. */
  readonly used: ReadonlySet<string>;
  /** The value in the graph for a name of the file. */
  value(name: string): Value;
  /** A tensor of the file as a statistic that training carries along; undefined where the name is none, or is trained. */
  statistic(name: string): Statistic | undefined;
  /** Whether batch normalisations take the file's statistics even while training. */
  readonly frozenStatistics: boolean;
}

/** What a lowering gets: the node, its inputs in the graph, and the way to add it as it is. */
export interface LoweringContext {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  readonly outputCount: number;
  /** Whether an input depends on the features. */
  readonly isBatched: boolean;
  readonly scope: ReplayScope;
  asIs(attributes?: Attributes, inputs?: (Value | null)[]): readonly Value[];
}

/** Gives the outputs of a node. */
export type Lowering = (context: LoweringContext) => readonly Value[];

/** The input at `index`, which must be there. */
export function inputAt({ inputs }: LoweringContext, index: number): Value {
  const value = inputs[index];
  if (!value) throw new ConfigError(`input ${index} must be there, it is left out`);
  return value;
}
