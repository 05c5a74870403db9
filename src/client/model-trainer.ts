/** Makes what trains from what a task says: a model known by name, or the server's ONNX file. */
import { ConfigError, ProtocolError } from '../errors.js';
import { importModel } from '../learn/import-model.js';
import type { LossSpec } from '../learn/losses.js';
import { createModel, type Model, modelNames } from '../learn/model.js';
import type { TaskDefinition } from '../protocol/messages.js';

/**
 * The model of a task.
 *
 * @param fetchGraph gets the ONNX file, where the model is none of those known by name
 * @throws {ProtocolError} when the task names neither.
 * @throws {ConfigError} or {ShapeError} when the file is none that can be trained.
 */
export async function modelOf(
  { model, data }: Pick<TaskDefinition, 'model' | 'data'>,
  fetchGraph: (graph: NonNullable<TaskDefinition['model']['graph']>) => Promise<Uint8Array>,
): Promise<Model> {
  if (model.graph) {
    const loss = model.loss as LossSpec | undefined;
    if (loss === undefined) throw new ProtocolError('a task with a graph must name its loss, got none');
    return importModel(await fetchGraph(model.graph), { name: model.name, loss });
  }
  if (!modelNames.includes(model.name)) {
    throw new ConfigError(
      `the task's model must be one of ${modelNames.join(', ')} or a file, got "${model.name}"`,
    );
  }
  return createModel(model.name, data);
}
