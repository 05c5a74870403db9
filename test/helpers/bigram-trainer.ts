/**
 * A trainer of the next token that counts pairs: a module for the setting `trainer`. Its parameters are the
 * counts of each token after each, from 1; a client adds its own. It needs no engine and no more than one pass.
 */
import { type Dataset, type Examples, featureLength } from '../../src/data/dataset.js';
import type { EvaluationSums, Trainer, TrainResult } from '../../src/learn/trainer.js';

export default function createBigramTrainer({ classNames }: Dataset): Trainer {
  const size = classNames.length;
  const length = size * size;
  return {
    layout: { entries: [{ name: 'counts', shape: [size, size], offset: 0, length }], size: length },
    initialParams: (_seed, out) => void out.fill(1),
    async train(params, examples, _work, _seed, out): Promise<TrainResult> {
      out.set(params);
      for (const [before, next] of pairsOf(examples)) out[before * size + next]! += 1;
      const { lossSum, tokens } = sums(params, examples, size);
      return { exampleCount: examples.indices.length, steps: 1, loss: lossSum / tokens!.count };
    },
    evaluate: async (params, examples) => sums(params, examples, size),
  };
}

function sums(params: Float32Array, examples: Examples, size: number): EvaluationSums {
  let [lossSum, count, top1, top3] = [0, 0, 0, 0];
  for (const [before, next] of pairsOf(examples)) {
    const row = params.subarray(before * size, (before + 1) * size);
    const total = row.reduce((sum, value) => sum + value, 0);
    const rank = row.filter((value) => value > row[next]!).length;
    lossSum -= Math.log(row[next]! / total);
    count++;
    top1 += Number(rank < 1);
    top3 += Number(rank < 3);
  }
  const tokens = { count, top1, top3 };
  return { exampleCount: examples.indices.length, lossSum, confusion: [], absoluteErrorSum: 0, tokens };
}

function* pairsOf({ dataset, indices }: Examples): Generator<[number, number]> {
  const width = featureLength(dataset);
  for (const index of indices) {
    for (let at = index * width; at < (index + 1) * width; at++) {
      if (dataset.labels[at]! >= 0) yield [dataset.features[at]!, dataset.labels[at]!];
    }
  }
}
