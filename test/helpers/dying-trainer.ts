/** A trainer module that works once: it ends its thread as it trains, and cannot be made again. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Dataset } from '../../src/data/dataset.js';
import createFaultyTrainer from './faulty-trainer.js';

/** @param marker a file that says that the trainer has been made */
export default function createDyingTrainer(dataset: Dataset, { marker }: { marker: string }) {
  if (existsSync(marker)) throw new Error('no second trainer');
  writeFileSync(marker, '');
  return createFaultyTrainer(dataset, { fault: 'kills-thread', learningRate: 2 });
}
