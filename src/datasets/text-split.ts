/** From what owners have written to a data set: the earlier part to train on, the later to be tested on. */
import type { DataSplit } from '../data/dataset.js';
import { datasetOfTexts, type OwnedTexts, type TextDatasetOptions } from '../data/text-dataset.js';

/** An owner's lines, oldest first, before and after the cut. */
export interface CutTexts {
  readonly owner?: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

/**
 * Cuts a list in time: the later `heldOutFraction` of it is held out, at least one and at most all but one; of a
 * single line nothing is.
 */
export function cutByTime(
  lines: readonly string[],
  heldOutFraction: number,
): { train: readonly string[]; test: readonly string[] } {
  const kept = Math.min(lines.length - 1, Math.floor((1 - heldOutFraction) * lines.length + 1e-9));
  const cut = Math.max(1, kept);
  return { train: lines.slice(0, cut), test: lines.slice(cut) };
}

/**
 * The two parts of a text data set. Who has nothing to train on has no part in the test either.
 *
 * @throws {ConfigError} or {ProtocolError} as `datasetOfTexts`.
 */
export function splitOfTexts(owned: readonly CutTexts[], options: TextDatasetOptions): DataSplit {
  const part = (which: 'train' | 'test'): OwnedTexts[] =>
    owned.map(({ owner, [which]: texts }) => ({ texts, ...(owner !== undefined && { owner }) }));
  const { dataset: train } = datasetOfTexts(part('train'), options);
  const { dataset: test, coverage } = datasetOfTexts(part('test'), {
    ...options,
    name: `${options.name}, held out`,
  });
  return { train, test, vocabulary: options.vocabulary, coverage };
}
