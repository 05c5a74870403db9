/** What a report calls the model that its metrics are of: the server's, or each client's where parameters stay there. */
import type { RunSummary } from './run-summary.js';

/** Words for one run. */
export interface ModelWords {
  /** Of a line in a chart. */
  readonly name: string;
  readonly column: string;
  readonly subject: string;
  /** What the metrics of a round are of, and on which examples. */
  readonly evaluated: string;
  readonly examples: string;
  /** What clients evaluate on their own examples. */
  readonly onClients: string;
}

const GLOBAL: ModelWords = {
  name: 'Global model',
  column: 'Global',
  subject: 'the global model',
  evaluated: "The final global model on the server's held-out data",
  examples: "the server's held-out examples, final global model",
  onClients: "The final global model on each client's own held-out examples",
};

/** Where the server has no data of its own. */
const GLOBAL_ON_CLIENTS: ModelWords = {
  ...GLOBAL,
  evaluated: "The final global model on clients' held-out data",
  examples: "clients' held-out examples, final global model",
};

const OWN: ModelWords = {
  name: "Clients' own models",
  column: 'Own',
  subject: 'the mean over all clients, each with its own model,',
  evaluated: "The final models of all clients, each on the client's own held-out data",
  examples: "held-out examples of all clients, each with the client's final model",
  onClients: "Each client's final model, with the parameters that stay with it, on its own held-out examples",
};

export function modelWords({ started }: Pick<RunSummary, 'started'>): ModelWords {
  if (started.localParams) return OWN;
  return started.heldOutCount > 0 ? GLOBAL : GLOBAL_ON_CLIENTS;
}
