/** What would run in a task, for the person who decides: looked into here, by the hash that the task names. */
import { checkGraph } from '../client/learning.js';
import type { TaskRecord } from '../client/node/approvals.js';
import { FederatedError } from '../errors.js';
import { type GraphSummary, graphSummary } from '../learn/graph-summary.js';
import { createModel, modelNames } from '../learn/model.js';

/** A summary, or why there is none. */
export type TaskGraph = { readonly summary: GraphSummary } | { readonly reason: string };

/** The client's own summary where it made one, else that of the model of that name. */
export async function taskGraph({ graph, definition }: TaskRecord): Promise<TaskGraph> {
  if (graph) return { summary: graph };
  const { model, data } = definition;
  if (model.graph) return { reason: 'not looked into: the client has not fetched the file' };
  if (!modelNames.includes(model.name)) return { reason: 'not known: the model is none of ours' };
  try {
    const made = createModel(model.name, data);
    const verdict = await checkGraph(definition, made);
    return verdict.accepted ? { summary: graphSummary(made) } : { reason: `WRONG: ${verdict.reason}` };
  } catch (error) {
    if (error instanceof FederatedError) return { reason: `none: ${error.message}` };
    throw error;
  }
}
