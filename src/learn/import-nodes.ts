/** Replays one node of an ONNX file into a graph, in the words of the operator set that compiled graphs use. */
import { ConfigError, FederatedError, ShapeError } from '../errors.js';
import type { Attribute, Attributes, Dim, Value } from './graph.js';
import type { Lowering, ReplayScope } from './import-lowering.js';
import { lowerings } from './import-lowerings.js';
import { describeNode, type OnnxNode } from './onnx-model.js';
import { inferOutputs, type ValueType } from './shapes.js';

/** Standard operators that came after the set that compiled graphs use, and are not rewritten into older ones. */
const TOO_NEW =
  /^(AffineGrid|Attention|BitwiseAnd|BitwiseNot|BitwiseOr|BitwiseXor|CenterCropPad|Col2Im|DeformConv|ImageDecoder|RMSNormalization|RotaryEmbedding|TensorScatter)$/;

/**
 * Adds the node to the graph; gives its outputs, as many as the file uses.
 *
 * @throws {ConfigError} for an operator whose result is unknown, naming operator and node.
 * @throws {ShapeError} for inputs that do not fit it.
 */
export function replayNode(node: OnnxNode, scope: ReplayScope): readonly Value[] {
  const { builder } = scope.context;
  builder.from(describeNode(node));
  const isBatched = node.inputs.some((name) => scope.batched.has(name));
  try {
    const inputs = node.inputs.map((name) => (name === '' ? null : scope.value(name)));
    const outputCount = node.outputs.findLastIndex((name) => scope.used.has(name)) + 1;
    const lower: Lowering | undefined = Object.hasOwn(lowerings, node.op) ? lowerings[node.op] : undefined;
    const asIs = (attributes: Attributes = plainAttributes(node), changed = inputs) => {
      if (TOO_NEW.test(node.op)) {
        throw new ConfigError(`an operator must be of operator set 17 or older, ${node.op} is newer`);
      }
      const types = typesOf(node, changed, attributes, outputCount, isBatched, scope);
      return builder.nodes(node.op, changed, attributes, types);
    };
    const made = lower
      ? lower({ node, inputs, outputCount, isBatched, scope, asIs, attributes: plainAttributes(node) })
      : asIs();
    made.forEach(checkShape);
    if (isBatched) for (const name of node.outputs) scope.batched.add(name);
    return made;
  } catch (cause) {
    const message = `${describeNode(node)} cannot be replayed: ${cause instanceof Error ? cause.message : cause}`;
    if (cause instanceof ShapeError) throw new ShapeError(message, { cause });
    if (cause instanceof FederatedError) throw new ConfigError(message, { cause });
    // Shapes that no one foresaw, of a file that may be hostile: the file is to blame, not the program.
    throw new ConfigError(message, { cause });
  } finally {
    builder.from(undefined);
  }
}

function plainAttributes(node: OnnxNode): Attributes {
  const entries = Object.entries(node.attributes).filter(
    (entry): entry is [string, Attribute] => !('tensor' in entry[1]),
  );
  return Object.fromEntries(entries);
}

/** Inferred where there is a rule, else as the file states them. */
function typesOf(
  node: OnnxNode,
  inputs: readonly (Value | null)[],
  attributes: Attributes,
  outputCount: number,
  isBatched: boolean,
  scope: ReplayScope,
): ValueType[] {
  try {
    const types = inferOutputs(node.op, inputs, attributes, outputCount);
    if (types.length < outputCount) {
      throw new ShapeError(`${node.op} must have at most ${types.length} outputs here, got ${outputCount}`);
    }
    return types;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const stated = node.outputs.slice(0, outputCount).map((name) => scope.stated.get(name));
    return stated.map((value) => {
      if (!value?.dtype || !value.shape) throw error;
      return { dtype: value.dtype, shape: statedShape(value.shape, isBatched, scope, error) };
    });
  }
}

/** The shape that the file states, with the batch of the graph in place of the file's. */
function statedShape(
  shape: readonly Dim[],
  isBatched: boolean,
  { features, fileBatch }: ReplayScope,
  error: unknown,
): Dim[] {
  return shape.map((size, axis) => {
    if (axis === 0 && isBatched && size === fileBatch) return features.shape[0] as Dim;
    if (typeof size === 'string') throw error;
    return size;
  });
}

function checkShape({ shape }: Value): void {
  const sound = shape.every((size) => typeof size === 'string' || (Number.isSafeInteger(size) && size >= 0));
  if (!sound) throw new ShapeError(`a result must have sizes of 0 or more, got [${shape.join(', ')}]`);
}
