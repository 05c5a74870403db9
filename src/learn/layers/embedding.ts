/** Tokens as vectors, and outputs over a vocabulary that share them. */
import { int } from '../attributes.js';
import { reshape } from '../gradients/nodes.js';
import { checkSize, type Initializer, type Layer } from './layer.js';

/** The one name under which an embedding and a tied output find the same parameter. */
const NAME = 'embedding1.weight';

/** Options of `embedding`: `deviation` is the standard deviation that its vectors start with, uniform around zero. */
export interface EmbeddingOptions {
  readonly deviation?: number;
}

/**
 * From token ids, int32 [batch, time], to rows of a matrix [vocabulary, width]: [batch, time, width]. A model has one.
 * Vectors start with a deviation of 1; of 1 / sqrt(width) where outputs are tied to them, so that logits start small.
 */
export function embedding(
  vocabulary: number,
  width: number,
  { deviation = 1 }: EmbeddingOptions = {},
): Layer {
  checkSize('vocabulary', vocabulary);
  checkSize('width', width);
  return (input, context) => {
    const weight = context.parameter(NAME, [vocabulary, width], uniform(deviation));
    return context.builder.node('Gather', [weight, input]);
  };
}

/**
 * Logits over the vocabulary that share the matrix of the model's embedding (Press and Wolf 2017): x E' + b, from
 * [batch, time, width] to [batch, time, vocabulary].
 *
 * @param width as in `embedding`; the values that come in must have it
 */
export function tiedOutput(vocabulary: number, width: number): Layer {
  checkSize('vocabulary', vocabulary);
  checkSize('width', width);
  return (input, context) => {
    const { builder, parameter } = context;
    const weight = parameter(NAME, [vocabulary, width], uniform(1 / Math.sqrt(width)));
    const bias = parameter('tiedOutput.bias', [vocabulary], 'zeros');
    const rows = builder.node('Flatten', [input], { axis: int(2) });
    const logits = builder.node('Gemm', [rows, weight, bias], { transB: int(1) });
    return reshape(builder, logits, input.shape.with(2, vocabulary));
  };
}

function uniform(deviation: number): Initializer {
  return { uniformLimit: deviation * Math.sqrt(3) };
}
