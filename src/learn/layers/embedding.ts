/** Tokens as vectors, and outputs over a vocabulary that share them. */
import { int } from '../attributes.js';
import { reshape } from '../gradients/nodes.js';
import { checkSize, type Initializer, type Layer } from './layer.js';

/** The one name under which an embedding and a tied output find the same parameter. */
const NAME = 'embedding1.weight';

/** Standard deviation 0.05 of a uniform distribution. */
const UNIFORM: Initializer = { uniformLimit: 0.05 * Math.sqrt(3) };

/** From token ids, int32 [batch, time], to rows of a matrix [vocabulary, width]: [batch, time, width]. */
export function embedding(vocabulary: number, width: number): Layer {
  checkSize('vocabulary', vocabulary);
  checkSize('width', width);
  return (input, context) => {
    context.nextOf('embedding');
    const weight = context.parameter(NAME, [vocabulary, width], UNIFORM);
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
    const weight = parameter(NAME, [vocabulary, width], UNIFORM);
    const bias = parameter('tiedOutput.bias', [vocabulary], 'zeros');
    const rows = builder.node('Flatten', [input], { axis: int(2) });
    const logits = builder.node('Gemm', [rows, weight, bias], { transB: int(1) });
    return reshape(builder, logits, input.shape.with(2, vocabulary));
  };
}
