/** What a run writes to its log, one JSON object a line: the contract of store, report, CLI and dashboard. */
import type { Task } from '../data/dataset.js';

/** Metrics of one model on some examples. All are means over examples, of next-token over `tokenCount` labels. */
export interface Metrics {
  readonly exampleCount: number;
  readonly loss: number;
  /** Share of correct predictions, 0 to 1 (classification; of next-token the recall of the likeliest token). */
  readonly accuracy?: number;
  /** Share of labels that are among the three likeliest tokens, 0 to 1 (next-token). */
  readonly top3Recall?: number;
  /** The exponential of the loss: 1 or more (next-token). */
  readonly perplexity?: number;
  /** Labels that count (next-token). */
  readonly tokenCount?: number;
  /** Mean absolute error (regression). */
  readonly meanAbsoluteError?: number;
  /** Accuracy on the examples of each class, null where there are none (classification). */
  readonly perClassAccuracy?: readonly (number | null)[];
  /** `confusionMatrix[label][prediction]`: number of examples (classification). */
  readonly confusionMatrix?: readonly (readonly number[])[];
}

/** How a metric differs between clients: each client counts once, whatever its number of examples. */
export interface ClientSpread {
  readonly clientCount: number;
  readonly mean: number;
  readonly variance: number;
  readonly worst: number;
  readonly best: number;
  /** Mean over the worst tenth of the clients (at least one). */
  readonly worstDecile: number;
}

/** The global model, evaluated by clients on their own held-out parts. */
export interface FederatedMetrics {
  /** Weighted by examples. */
  readonly metrics: Metrics;
  /** Of accuracy, or of loss for regression. */
  readonly spread: ClientSpread;
}

/** One client's share of the data. */
export interface ClientSummary {
  readonly clientId: number;
  readonly name: string;
  readonly trainCount: number;
  readonly heldOutCount: number;
  /** Number of training examples of each class (classification). */
  readonly labelCounts?: readonly number[];
}

export type StopReason = 'rounds' | 'target' | 'plateau' | 'wall-time' | 'user' | 'interrupted';

export interface RunStarted {
  readonly type: 'run-started';
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly model: string;
  readonly parameterCount: number;
  /**
   * The parameters that stay with each client; absent where none does. Then the metrics of rounds are of all clients,
   * each with its own on its own held-out data: there is no one model that the server could evaluate.
   */
  readonly localParams?: readonly string[];
  readonly task: Task;
  /** Of one example; absent in logs of early versions. */
  readonly featureShape?: readonly number[];
  /** Of next-token empty: the run directory's `vocabulary.json` has the tokens. */
  readonly classNames: readonly string[];
  /** How many tokens there are (next-token). */
  readonly vocabularySize?: number;
  /** Share of held-out tokens that the vocabulary has, 0 to 1 (next-token). */
  readonly coverage?: number;
  readonly trainCount: number;
  readonly heldOutCount: number;
  /** Bytes of one example's features as the model reads them, float32. */
  readonly exampleBytes: number;
  readonly rounds: number;
  readonly clients: readonly ClientSummary[];
  readonly engine: string;
}

export interface RunResumed {
  readonly type: 'run-resumed';
  readonly time: number;
  /** The last finished round; the next to run is one later. */
  readonly round: number;
}

export interface ClientTrained {
  readonly type: 'client-trained';
  readonly round: number;
  readonly clientId: number;
  readonly exampleCount: number;
  readonly steps: number;
  /** Mean training loss over the client's steps. */
  readonly loss: number;
  readonly trainMs: number;
}

export interface ClientFailed {
  readonly type: 'client-failed';
  readonly round: number;
  readonly clientId: number;
  readonly reason: string;
}

/** A cohort has been asked to train. Servers log it, so that they can go on with an open round. */
export interface RoundStarted {
  readonly type: 'round-started';
  readonly round: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly cohort: readonly number[];
  /** So many reports close the round. */
  readonly goal: number;
  /** From `time` on; absent: none. */
  readonly deadlineMs?: number;
  /** Clients that could have been asked; absent in a round that went on after a restart, and in early logs. */
  readonly availableCount?: number;
}

/** Round 0 is the initial model: nobody trained, everything else is the same. */
export interface RoundFinished {
  readonly type: 'round-finished';
  readonly round: number;
  readonly outcome: 'aggregated' | 'failed';
  /** Why the round failed; absent when it did not. */
  readonly reason?: string;
  readonly cohortSize: number;
  readonly trainedCount: number;
  readonly failedCount: number;
  /** Clients that had not answered when the round had enough; absent: none. */
  readonly surplusCount?: number;
  /** Mean training loss over the cohort, weighted by examples; absent where nobody trained. */
  readonly trainLoss?: number;
  /** Of the global model on the server's held-out data (but see `localParams`); absent in rounds that were not evaluated. */
  readonly metrics?: Metrics;
  /** Absent when no client of the cohort has held-out examples, and in rounds that were not evaluated. */
  readonly federated?: FederatedMetrics;
  /** Bytes of models sent to clients, and of updates that came back. */
  readonly downBytes: number;
  readonly upBytes: number;
  readonly wallMs: number;
  /** SHA-256 of the model file of this round, hexadecimal. */
  readonly modelSha256: string;
  /** Of the file with what stays with the clients; absent where nothing does. */
  readonly localSha256?: string;
  /** Of the file with what the strategy keeps between rounds; absent where it keeps nothing. */
  readonly serverSha256?: string;
}

/** Central training: the same model and steps on pooled data. */
export interface CentralEvaluated {
  readonly type: 'central-evaluated';
  readonly round: number;
  readonly metrics: Metrics;
}

/** Isolated training: one client, alone, on its own data, for as much work as the federation gave it. */
export interface IsolatedEvaluated {
  readonly type: 'isolated-evaluated';
  readonly clientId: number;
  /** On the server's held-out data. */
  readonly metrics: Metrics;
  /** On the client's own held-out examples; absent where it has none. */
  readonly ownMetrics?: Metrics;
}

/** An n-gram model of all clients' training text, on the same labels as the global model. */
export interface NgramEvaluated {
  readonly type: 'ngram-evaluated';
  /** Tokens that it looks at, the predicted one included. */
  readonly order: number;
  /** On the server's held-out data. */
  readonly metrics: Metrics;
  /** Between clients, on their own held-out data; absent where no client has any. */
  readonly spread?: ClientSpread;
}

/** What the final global model suggests after texts that are no client's. */
export interface SuggestionsSampled {
  readonly type: 'suggestions-sampled';
  readonly samples: readonly {
    readonly text: string;
    readonly suggestions: readonly { readonly text: string; readonly probability: number }[];
    /** Of characters: the word under way, spelt to its end. */
    readonly word?: string;
  }[];
}

/** The final global model on every client's held-out part. */
export interface ClientsEvaluated {
  readonly type: 'clients-evaluated';
  readonly round: number;
  readonly metrics: Metrics;
  readonly spread: ClientSpread;
  readonly clients: readonly {
    readonly clientId: number;
    readonly exampleCount: number;
    readonly value: number;
  }[];
}

export interface RunFinished {
  readonly type: 'run-finished';
  readonly reason: StopReason;
  readonly rounds: number;
  /** Of the last round that was evaluated; absent where none was. */
  readonly metrics?: Metrics;
  /** The last round where none was evaluated. */
  readonly bestRound: number;
  readonly wallMs: number;
}

export type RunEvent =
  | RunStarted
  | RunResumed
  | ClientTrained
  | ClientFailed
  | RoundStarted
  | RoundFinished
  | CentralEvaluated
  | IsolatedEvaluated
  | NgramEvaluated
  | SuggestionsSampled
  | ClientsEvaluated
  | RunFinished;
