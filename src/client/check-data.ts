/** Whether a client's examples are what a task is about. */
import { featureLength } from '../data/dataset.js';
import { ShapeError } from '../errors.js';
import type { TaskDefinition } from '../protocol/messages.js';

/** @throws {ShapeError} when a client's examples are not what a task is about. */
export function checkData(
  { data }: Pick<TaskDefinition, 'data'>,
  dataset: {
    readonly task: string;
    readonly featureShape: readonly number[];
    readonly classNames: readonly string[];
  },
): void {
  if (dataset.task !== data.task) {
    throw new ShapeError(`the data must be for ${data.task} as the task is, got ${dataset.task}`);
  }
  const wanted = featureLength(data);
  const got = featureLength(dataset);
  if (wanted !== got)
    throw new ShapeError(`an example must have ${wanted} numbers as in the task, got ${got}`);
  if (data.task !== 'regression' && dataset.classNames.length !== data.classCount) {
    throw new ShapeError(
      `the data must have ${data.classCount} classes as the task has, got ${dataset.classNames.length}`,
    );
  }
}
