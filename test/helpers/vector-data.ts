/** Inputs and initial parameters of the training vectors: the twin of test/vectors/training/formula.py. */
import { readFileSync } from 'node:fs';

const INPUT_SALT = 0x10000;
const LABEL_SALT = 0x20000;
const TARGET_SALT = 0x30000;
const TOKEN_SALT = 0x40000;

/** One file of test/vectors/training; its README says what each field means. */
export interface TrainingVector {
  readonly model: string;
  readonly task: 'classes' | 'binary' | 'targets' | 'tokens';
  readonly featureLength: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Absent: plain stochastic gradient descent. */
  readonly optimizer?: 'nesterov' | 'adagrad' | 'rmsprop' | 'adam' | 'adamw';
  readonly gradientClippingNorm?: number;
  /** Labels of tokens below it do not count; absent: all count. */
  readonly ignoredBelow?: number;
  /** Mean training loss of every step, before its update. */
  readonly losses: readonly number[];
  /** Mean loss of the trained model in evaluation, on a batch of its own. */
  readonly evaluation: { readonly batch: number; readonly loss: number };
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly fanIn: number;
    /** Where all elements start alike; absent: by the formula. */
    readonly start?: 'zeros' | 'ones';
    readonly changeNorm: number;
    readonly norm: number;
    readonly sum: number;
    readonly first: readonly number[];
  }[];
  readonly checkValues: {
    readonly inputs: readonly { batch: number; row: number; column: number; value: number }[];
    readonly labels: readonly { batch: number; values: readonly number[] }[];
    readonly parameters: readonly { name: string; index: number; value: number }[];
  };
}

/** Reads one vector file, for example `mlp-momentum`. */
export function readTrainingVector(name: string): TrainingVector {
  return JSON.parse(readFileSync(new URL(`../vectors/training/${name}.json`, import.meta.url), 'utf8'));
}

/** Features of batch number `batch`: `[size, featureLength]`, 0 to 1. */
export function vectorInput(batch: number, size: number, featureLength: number): Float32Array {
  return generate(size * featureLength, INPUT_SALT + batch, (hash) => hash / 2 ** 32);
}

/** Labels of batch number `batch`: `[size]`, 0 to `classes - 1`. */
export function vectorLabels(batch: number, size: number, classes: number): Float32Array {
  return generate(size, LABEL_SALT + batch, (hash) => hash % classes);
}

/** Regression targets of batch number `batch`: `[size]`, -1 to 1. */
export function vectorTargets(batch: number, size: number): Float32Array {
  return generate(size, TARGET_SALT + batch, signed);
}

/** Sequences of tokens of batch number `batch`: `[size, length]`, 0 to `vocabulary - 1`. */
export function vectorTokens(batch: number, size: number, length: number, vocabulary: number): Float32Array {
  return generate(size * length, TOKEN_SALT + batch, (hash) => hash % vocabulary);
}

/**
 * Initial values of one parameter, row-major, within 1 / sqrt(fanIn).
 *
 * @param index number of the parameter in its model, from 0
 */
export function vectorParameter(
  index: number,
  name: string,
  shape: readonly number[],
  fanIn: number,
): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  const width = Math.sqrt(fanIn);
  return generate(length, nameHash(name) + index, (hash) => signed(hash) / width);
}

function generate(length: number, salt: number, value: (hash: number) => number): Float32Array {
  const spread = Math.imul(salt, 0x9e3779b1);
  const out = new Float32Array(length);
  for (let index = 0; index < length; index++) out[index] = value(mix(mix(index) ^ spread) >>> 0);
  return out;
}

function signed(hash: number): number {
  return (2 * hash) / 2 ** 32 - 1;
}

/** The 32-bit finaliser of MurmurHash3. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** FNV-1a, 32 bits. */
function nameHash(name: string): number {
  let h = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) h = Math.imul(h ^ name.charCodeAt(index), 0x01000193);
  return h >>> 0;
}
