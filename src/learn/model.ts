/** A model as a value: layers, a loss, and the models that the papers use. */

import type { Task } from '../data/dataset.js';
import { ConfigError, ShapeError } from '../errors.js';
import { cnnBody, lenetBody, resnetBody } from './image-models.js';
import { relu } from './layers/activation.js';
import { positionalEmbedding, transformerBlock } from './layers/attention.js';
import { dense } from './layers/dense.js';
import { embedding, tiedOutput } from './layers/embedding.js';
import type { Layer } from './layers/layer.js';
import { layerNorm } from './layers/normalization.js';
import { cifg, lstm } from './layers/recurrent.js';
import type { LossSpec } from './losses.js';

/**
 * What is trained: from examples of `featureShape` through the layers to outputs that `loss` compares with
 * labels. A data set fits when its examples have as many elements, whatever their shape.
 */
export interface Model {
  readonly name: string;
  readonly featureShape: readonly number[];
  /** Default float32; int32 for token ids. */
  readonly featureType?: 'float32' | 'int32';
  /** Labels of one example; default []: a single one. */
  readonly labelShape?: readonly number[];
  readonly layers: readonly Layer[];
  readonly loss: LossSpec;
}

/** What a data set asks of a model: the shape of an example, and the number of classes or a regression. */
export interface ModelInput {
  readonly featureShape: readonly number[];
  readonly task: Task;
  readonly classCount: number;
}

type ModelFactory = (input: ModelInput) => Model;

const factories: Readonly<Record<string, ModelFactory>> = {
  /** Softmax regression; linear regression for a regression data set. */
  logistic: (input) => feedForward('logistic', input, []),
  /** One hidden layer of 128. */
  mlp: (input) => feedForward('mlp', input, [128]),
  /** McMahan et al. 2017, section 3: two hidden layers of 200; 199,210 parameters on MNIST. */
  '2nn': (input) => feedForward('2nn', input, [200, 200]),
  cnn: (input) => imageModel('cnn', input, 4, cnnBody()),
  lenet: (input) => imageModel('lenet', input, 12, lenetBody()),
  resnet8: (input) => imageModel('resnet8', input, 4, resnetBody()),
  'char-lstm': charLstm,
  'word-cifg': wordCifg,
  transformer,
};

/** The names that `createModel` knows. */
export const modelNames: readonly string[] = Object.freeze(Object.keys(factories));

/**
 * A model by name, sized for a data set.
 *
 * @throws {ConfigError} for an unknown name.
 * @throws {ShapeError} when the model cannot take examples of that shape.
 */
export function createModel(name: string, input: ModelInput): Model {
  const factory = Object.hasOwn(factories, name) ? factories[name] : undefined;
  if (!factory) throw new ConfigError(`model must be one of ${modelNames.join(', ')}, got "${name}"`);
  return factory(input);
}

function feedForward(name: string, input: ModelInput, hidden: readonly number[]): Model {
  const body = hidden.flatMap((units) => [dense(units), relu()]);
  const inputs = input.featureShape.reduce((product, size) => product * size, 1);
  return { name, featureShape: [inputs], layers: [...body, ...head(input)], loss: lossFor(input) };
}

/** `smallest` is the least height and width that the body can take. */
function imageModel(name: string, input: ModelInput, smallest: number, body: readonly Layer[]): Model {
  const [, height = 0, width = 0] = input.featureShape;
  if (input.featureShape.length !== 3 || height < smallest || width < smallest) {
    throw new ShapeError(
      `${name} must have examples of [channels, height, width] of at least ${smallest} pixels, got [${input.featureShape.join(', ')}]`,
    );
  }
  return {
    name,
    featureShape: input.featureShape,
    layers: [...body, ...head(input)],
    loss: lossFor(input),
  };
}

/**
 * McMahan et al. 2017, section 3: characters embedded in 8 dimensions, two LSTMs of 256 units; 820,522 parameters
 * for a vocabulary of 90.
 */
function charLstm(input: ModelInput): Model {
  return nextToken('char-lstm', input, [
    embedding(input.classCount, 8),
    lstm(256),
    lstm(256),
    dense(input.classCount),
  ]);
}

/**
 * Hard et al. 2018, section 3: a coupled LSTM of 670 units, projected to 96, between an embedding of 96 dimensions
 * and outputs tied to it; 1,422,250 parameters for a vocabulary of 10,000.
 */
function wordCifg(input: ModelInput): Model {
  return nextToken('word-cifg', input, [
    embedding(input.classCount, 96, { deviation: 1 / Math.sqrt(96) }),
    cifg(670, { projection: 96 }),
    tiedOutput(input.classCount, 96),
  ]);
}

/**
 * A small causal transformer (Vaswani et al. 2017, in the form of Radford et al. 2019): two blocks of width 128 with
 * four heads, learnt positions, outputs tied to the embedding; 418,650 parameters for a vocabulary of 90 and
 * sequences of 80.
 */
function transformer(input: ModelInput): Model {
  const width = 128;
  const block = () => transformerBlock(4, { causal: true });
  return nextToken('transformer', input, [
    embedding(input.classCount, width, { deviation: 0.02 }),
    positionalEmbedding(),
    block(),
    block(),
    layerNorm(),
    tiedOutput(input.classCount, width),
  ]);
}

function nextToken(name: string, { task, featureShape }: ModelInput, layers: readonly Layer[]): Model {
  if (task !== 'next-token' || featureShape.length !== 1) {
    throw new ShapeError(
      `${name} must have sequences of tokens, got a ${task} of examples of [${featureShape.join(', ')}]`,
    );
  }
  return {
    name,
    featureShape,
    featureType: 'int32',
    labelShape: featureShape,
    layers,
    loss: 'next-token-cross-entropy',
  };
}

function head({ task, classCount }: ModelInput): Layer[] {
  return [dense(task === 'regression' ? 1 : classCount)];
}

function lossFor({ task }: ModelInput): LossSpec {
  return task === 'regression' ? 'mean-squared-error' : 'softmax-cross-entropy';
}
