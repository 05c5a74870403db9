/** Loads the data that settings name. */
import type { DataSplit, Task } from '../data/dataset.js';
import { type LoadDatasetOptions, loadDataset } from '../datasets/load-dataset.js';
import type { DataSettings } from './data-entries.js';

/** Settings that name data. Of text, data says itself that the task is `next-token`. */
type NamedData = Omit<DataSettings, 'task'> & {
  readonly data: string;
  readonly task?: Task;
  readonly seed: number;
};

/**
 * The data set of a run.
 *
 * @throws {ConfigError} when there is no such data, or the settings do not fit it.
 * @throws {TransportError} or {ProtocolError} when the data cannot be had or is damaged.
 */
export function loadData(
  settings: NamedData,
  host: Pick<LoadDatasetOptions, 'onNotice' | 'allocate'>,
): Promise<DataSplit> {
  const { data, dataDir, label, groupBy, features, task, examples, seed, heldOutFraction } = settings;
  const { tokens, text, sequenceLength, vocabulary } = settings;
  return loadDataset(data, {
    seed,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(label === undefined ? {} : { label }),
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(features === undefined ? {} : { features }),
    ...(task === undefined || task === 'next-token' ? {} : { task }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(text === undefined ? {} : { text }),
    ...(sequenceLength === undefined ? {} : { sequenceLength }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(heldOutFraction === undefined ? {} : { heldOutFraction }),
    ...(examples === undefined ? {} : { trainCount: examples, testCount: Math.ceil(examples / 5) }),
    ...host,
  });
}
