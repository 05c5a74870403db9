/** Attention, and the blocks of transformers, on [batch, time, width]. */
import { ShapeError } from '../../errors.js';
import { int } from '../attributes.js';
import { reshape, transpose, vector } from '../gradients/nodes.js';
import type { GraphBuilder, Value } from '../graph.js';
import { known } from '../shapes.js';
import { gelu } from './activation.js';
import { dense, projected } from './dense.js';
import { dropout } from './dropout.js';
import { checkSize, type Layer } from './layer.js';
import { layerNorm } from './normalization.js';
import { residual, sequence } from './residual.js';

/** Added to the scores of positions that must not be seen: its exponential is zero beside any other. */
const UNSEEN = -1e30;

/** Options of attention. */
export interface AttentionOptions {
  /** Whether a position sees only itself and those before it; default false. */
  readonly causal?: boolean;
}

/**
 * Multi-head attention of a sequence to itself (Vaswani et al. 2017, section 3.2): scaled dot products of queries
 * and keys weigh the values, in `heads` parts of the width. Queries, keys and values come out of one matrix
 * product: `qkv.weight` is [width, 3 * width], queries first.
 *
 * @param heads must divide the width
 */
export function multiHeadAttention(heads: number, { causal = false }: AttentionOptions = {}): Layer {
  checkSize('heads', heads);
  const masks = new Map<number, Float32Array>();
  return (input, context) => {
    const [batch = 0, time = 0, width = 0] = sequenceShape('multiHeadAttention', input);
    const depth = known(width) / heads;
    if (!Number.isInteger(depth))
      throw new ShapeError(`heads must divide the width (${width}), got ${heads}`);
    const { builder } = context;
    const name = `attention${context.nextOf('attention')}`;
    const all = projected(input, context, `${name}.qkv`, 3 * known(width));
    const parts = builder.nodes(
      'Split',
      [
        all,
        vector(
          builder,
          [0, 1, 2].map(() => known(width)),
        ),
      ],
      { axis: int(2) },
      [0, 1, 2].map(() => input),
    );
    const [queries, keys, values] = parts.map((part) =>
      transpose(builder, reshape(builder, part, [batch, time, heads, depth]), [0, 2, 1, 3]),
    ) as [Value, Value, Value];
    const scale = builder.constant('float32', [], [1 / Math.sqrt(depth)]);
    const scaled = builder.node('Mul', [queries, scale]);
    const scores = builder.node('MatMul', [scaled, transpose(builder, keys, [0, 1, 3, 2])]);
    const masked = causal ? builder.node('Add', [scores, causalMask(builder, known(time), masks)]) : scores;
    const shares = builder.node('Softmax', [masked], { axis: int(-1) });
    const mixed = transpose(builder, builder.node('MatMul', [shares, values]), [0, 2, 1, 3]);
    return projected(reshape(builder, mixed, input.shape), context, `${name}.output`, known(width));
  };
}

/** A learnt vector for each position, added to what stands there. Starts uniform, with deviation 0.02. */
export function positionalEmbedding(): Layer {
  return (input, context) => {
    const shape = sequenceShape('positionalEmbedding', input).slice(1).map(known);
    const name = `position${context.nextOf('position')}.weight`;
    const weight = context.parameter(name, shape, { uniformLimit: 0.02 * Math.sqrt(3) });
    return context.builder.node('Add', [input, weight]);
  };
}

/** Options of `transformerBlock`. */
export interface TransformerOptions extends AttentionOptions {
  /** Units between the two dense layers; default 4 times the width. */
  readonly hidden?: number;
  /** Rate of dropout behind attention and behind the dense layers; default 0. */
  readonly dropout?: number;
}

/**
 * A block with the normalisation in front (Xiong et al. 2020): x + attention(norm(x)), then
 * x + dense(gelu(dense(norm(x)))).
 */
export function transformerBlock(heads: number, options: TransformerOptions = {}): Layer {
  const { causal = false, hidden, dropout: rate = 0 } = options;
  if (hidden !== undefined) checkSize('hidden', hidden);
  const attention = [layerNorm(), multiHeadAttention(heads, { causal }), dropout(rate)];
  return (input, context) => {
    const width = known(sequenceShape('transformerBlock', input)[2] ?? 0);
    const perceptron = [layerNorm(), dense(hidden ?? 4 * width), gelu(), dense(width), dropout(rate)];
    return sequence([residual(attention), residual(perceptron)])(input, context);
  };
}

/** 0 where the column is not behind the row, else `UNSEEN`: [time, time], one array a size. */
function causalMask(builder: GraphBuilder, time: number, known: Map<number, Float32Array>): Value {
  const made =
    known.get(time) ??
    Float32Array.from({ length: time * time }, (_, at) => (at % time > Math.floor(at / time) ? UNSEEN : 0));
  known.set(time, made);
  return builder.tensor([time, time], made);
}

function sequenceShape(layer: string, { shape }: Value): Value['shape'] {
  if (shape.length === 3) return shape;
  throw new ShapeError(`${layer} must have [batch, time, width], got [${shape.join(', ')}]`);
}
