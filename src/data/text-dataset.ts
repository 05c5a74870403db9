/** Makes a data set of texts: sequences of tokens, and at each place the token that follows. */
import { ProtocolError } from '../errors.js';
import { requireInteger } from './checks.js';
import type { Dataset } from './dataset.js';
import { type AllocateFloats, allocateFloats } from './float-storage.js';
import { createTokenizer, type Tokenizer } from './tokenizer.js';
import { PADDING, START, UNKNOWN, type Vocabulary } from './vocabulary.js';

/** What one owner has written, oldest first; each text begins anew. */
export interface OwnedTexts {
  readonly owner?: string;
  readonly texts: readonly string[];
}

export interface TextDatasetOptions {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** Tokens an example, 1 to 4096. */
  readonly sequenceLength: number;
  readonly allocate?: AllocateFloats;
}

/** A next-token data set, and how much of its text the vocabulary covers. */
export interface TextDataset {
  readonly dataset: Dataset;
  /** Predicted tokens, over these and the unknown ones: 0 to 1. */
  readonly coverage: number;
}

/**
 * One stream of tokens an owner, all its texts one behind the other, cut into sequences of `sequenceLength` that
 * do not overlap (McMahan et al. 2017 unroll characters for 80 steps in this way; a model starts each sequence
 * from rest). The last of an owner is padded. The label of a place is the next token of the stream, also across
 * the cut, or -1 where that is none to be predicted: padding, an unknown word, a mark, the start of a text.
 * Sequences without any label are left out.
 *
 * @throws {ConfigError} when `sequenceLength` is out of range.
 * @throws {ProtocolError} when there is nothing to predict at all.
 */
export function datasetOfTexts(owned: readonly OwnedTexts[], options: TextDatasetOptions): TextDataset {
  const { name, vocabulary, sequenceLength, allocate = allocateFloats } = options;
  requireInteger('sequenceLength', sequenceLength, 1, 4096);
  const tokenizer = createTokenizer(vocabulary);
  const streams = owned.map(({ texts }) => streamOf(tokenizer, texts));
  const places = streams.map((stream) => sequencesOf(stream, sequenceLength, vocabulary.firstPredicted));
  const count = places.reduce((sum, starts) => sum + starts.length, 0);
  if (count === 0) {
    throw new ProtocolError(`${name} must hold text with something to predict in its vocabulary, got none`);
  }
  const features = allocate(count * sequenceLength).fill(PADDING);
  const labels = allocate(count * sequenceLength).fill(-1);
  const groups: string[] = [];
  let at = 0;
  for (const [place, stream] of streams.entries()) {
    for (const start of places[place]!) {
      const last = Math.min(start + sequenceLength, stream.length - 1);
      features.set(stream.subarray(start, last), at);
      for (let next = start + 1; next <= last; next++) {
        const token = stream[next]!;
        if (token >= vocabulary.firstPredicted) labels[at + next - start - 1] = token;
      }
      at += sequenceLength;
      groups.push(owned[place]!.owner ?? '');
    }
  }
  const dataset: Dataset = {
    name,
    task: 'next-token',
    count,
    featureShape: [sequenceLength],
    features,
    labelShape: [sequenceLength],
    labels,
    classNames: vocabulary.names,
    ...(owned.every(({ owner }) => owner !== undefined) && { groups }),
  };
  return { dataset, coverage: coverageOf(streams, vocabulary.firstPredicted) };
}

/** All texts of one owner; a start that follows a start is left out. */
function streamOf(tokenizer: Tokenizer, texts: readonly string[]): Uint32Array {
  const parts = texts.map((text) => tokenizer.encode(text));
  const stream = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    for (const token of part) {
      if (token === START && length > 0 && stream[length - 1] === START) continue;
      stream[length++] = token;
    }
  }
  return stream.subarray(0, length);
}

/** Where the sequences start that have a label. */
function sequencesOf(stream: Uint32Array, length: number, firstPredicted: number): number[] {
  const starts: number[] = [];
  for (let start = 0; start < stream.length - 1; start += length) {
    const followers = stream.subarray(start + 1, start + length + 1);
    if (followers.some((token) => token >= firstPredicted)) starts.push(start);
  }
  return starts;
}

function coverageOf(streams: readonly Uint32Array[], firstPredicted: number): number {
  let predicted = 0;
  let unknown = 0;
  for (const stream of streams) {
    for (const token of stream) {
      if (token >= firstPredicted) predicted++;
      else if (token === UNKNOWN) unknown++;
    }
  }
  return predicted / (predicted + unknown);
}
