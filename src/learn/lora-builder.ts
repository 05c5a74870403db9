/** The graph builder that puts a thin product beside every product with an adapted weight. */
import { ConfigError } from '../errors.js';
import { float, floatOf, int, integerOf, integersOf } from './attributes.js';
import { reshape } from './gradients/nodes.js';
import type { Attributes, GraphBuilder, Value } from './graph.js';

/** A weight that is multiplied with, as x W or, where it is `flipped`, as x W^T. */
export interface Target {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly flipped: boolean;
}

/** The values of A [rank, inputs] and B [outputs, rank]. */
export type Adapter = readonly [Value, Value];

/** A value that is an adapted weight, or its transpose. */
interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly transposed: boolean;
}

/**
 * A builder like `builder`, in which tensors that are targets by their name have adapters.
 *
 * @param scale what B A is multiplied with
 * @throws {ConfigError} from `nodes`, when a target is used in another way than as the right factor of a product.
 */
export function adaptingBuilder(
  builder: GraphBuilder,
  isTarget: (name: string) => boolean,
  adapterOf: (target: Target) => Adapter,
  scale: number,
): GraphBuilder {
  const weights = new Map<string, Weight>();
  return {
    ...builder,
    tensor(shape, values, name) {
      const made = builder.tensor(shape, values, name);
      if (name !== undefined && isTarget(name)) weights.set(made.name, { name, shape, transposed: false });
      return made;
    },
    nodes(op, inputs, attributes, types) {
      const made = builder.nodes(op, inputs, attributes, ...(types ? [types] : []));
      const used = inputs.findIndex((input) => input && weights.has(input.name));
      const weight = weights.get(inputs[used]?.name ?? '');
      if (!weight) return made;
      const [output] = made as [Value];
      if (op === 'Transpose' && weight.shape.length === 2 && integersOf(attributes, 'perm')[0] !== 0) {
        weights.set(output.name, { ...weight, transposed: !weight.transposed });
        return made;
      }
      const isFactor = (op === 'Gemm' || op === 'MatMul') && used === 1 && weight.shape.length === 2;
      if (!isFactor) throw notAFactor(weight.name, op);
      const [rows = 0, columns = 0] = weight.shape;
      const flipped = weight.transposed !== (integerOf(attributes, 'transB', 0) === 1);
      const [inputCount, outputCount] = flipped ? [columns, rows] : [rows, columns];
      const adapter = adapterOf({ name: weight.name, inputs: inputCount, outputs: outputCount, flipped });
      return [withAdapter(builder, inputs[0] as Value, output, attributes, adapter, scale)];
    },
  };
}

/** Says that a target is no weight that can have an adapter. */
export function notAFactor(name: string, op?: string): ConfigError {
  return new ConfigError(
    `targets must be matrices that Gemm or MatMul multiply with from the right, "${name}" ${op ? `goes into ${op}` : 'is none'}`,
  );
}

/** `y` plus `scale` x A^T B^T, times the product's own factor: two thin products, the second on top of `y`. */
function withAdapter(
  builder: GraphBuilder,
  x: Value,
  y: Value,
  attributes: Attributes,
  [a, b]: Adapter,
  scale: number,
): Value {
  const rank = x.shape.length;
  const rows = rank > 2 ? builder.node('Flatten', [x], { axis: int(rank - 1) }) : x;
  const transA = int(integerOf(attributes, 'transA', 0));
  const thin = builder.node('Gemm', [rows, a], { transA, transB: int(1) });
  const factors = { transB: int(1), alpha: float(scale * floatOf(attributes, 'alpha', 1)) };
  if (rank === 2) return builder.node('Gemm', [thin, b, y], factors);
  return builder.node('Add', [y, reshape(builder, builder.node('Gemm', [thin, b], factors), y.shape)]);
}
