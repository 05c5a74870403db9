/** What client and server say to each other in JSON; `docs/protocol.md` explains it to people. */
import type { Task as TaskKind } from '../data/dataset.js';
import type { LocalWork } from '../learn/trainer.js';

/** Anything a client says of itself for selection: `region`, `tag`, `engine`. Short texts. */
export type Attributes = Readonly<Record<string, string>>;

/** `POST /v1/clients`: makes a key known. Signed with that key. */
export interface EnrolRequest {
  /** Ed25519, 32 bytes, base64url. */
  readonly publicKey: string;
  readonly name?: string;
  /** A token that an operator handed out. Without one an operator has to approve the client. */
  readonly invitation?: string;
  readonly attributes?: Attributes;
}

export interface EnrolResponse {
  /** The JWK thumbprint (RFC 7638) of the key, base64url: the client's name on the wire. */
  readonly clientId: string;
  readonly status: 'pending' | 'approved';
}

/** `POST /v1/check-in`: asks for something to do. */
export interface CheckInRequest {
  /** Kinds of updates that the client can send. */
  readonly encodings: readonly 'float32'[];
  /** Absent: those of the enrolment. */
  readonly attributes?: Attributes;
  readonly exampleCount?: number;
  readonly heldOutCount?: number;
  /** The runs that the client would take part in; absent: any. */
  readonly runIds?: readonly string[];
}

export type CheckInResponse =
  | { readonly type: 'task'; readonly task: Task }
  | {
      readonly type: 'wait';
      /** When to check in again, unless the wake-up channel calls earlier. */
      readonly retryAfterMs: number;
      readonly reason: string;
    };

/** Content that anybody may fetch who knows its hash: `GET /v1/blobs/<sha256>`. */
export interface BlobReference {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * A vocabulary that needs no file: the characters, the built-in list of English words, or so many buckets of hashed
 * words (`data/vocabulary.ts`).
 */
export type VocabularyName = 'chars' | 'words' | { readonly hashed: number };

/** What is the same in every round of a run, and what a person approves. */
export interface TaskDefinition {
  readonly runId: string;
  readonly title: string;
  readonly description: string;
  readonly model: {
    /** A model by name, or the name of the file that `graph` holds. */
    readonly name: string;
    /** Of the forward graph as ONNX: the hash of the code that will run. */
    readonly graphSha256: string;
    /** The ONNX file, where the model is none of those known by name. */
    readonly graph?: BlobReference;
    /** The loss of that file: its name, or an object with its name as `type`. */
    readonly loss?: unknown;
    readonly parameterCount: number;
  };
  readonly data: {
    readonly task: TaskKind;
    readonly featureShape: readonly number[];
    /** Classes, or tokens of a vocabulary; 0 for a regression. */
    readonly classCount: number;
    /** Of a classification with at most 256 classes: how people call them, in the order of outputs. Since 1.1. */
    readonly classNames?: readonly string[];
    /** Of next-token: the vocabulary, where it is one that everybody has who has this code. Since 1.1. */
    readonly vocabulary?: VocabularyName;
  };
  /** What the client sends back. */
  readonly reports: 'params' | 'update';
  readonly privacy: {
    /** Updates are only ever combined with those of at least so many clients in all. */
    readonly minimumCohort: number;
    readonly differentialPrivacy: boolean;
    readonly secureAggregation: boolean;
  };
}

/** One client's part of one round. */
export interface Task {
  readonly type: 'train' | 'evaluate';
  readonly runId: string;
  readonly round: number;
  readonly definition: TaskDefinition;
  readonly params: BlobReference;
  readonly work: LocalWork;
  /** Decides the order of examples and dropout masks. */
  readonly seed: number;
  /** Milliseconds that are left to report. */
  readonly deadlineMs: number;
}

/** On the wake-up channel: there is something to do. */
export interface WakeMessage {
  readonly type: 'wake';
  /** What it is; absent: check in. Since 1.1. */
  readonly task?: Task;
}

/** `PUT /v1/runs/<run>/rounds/<round>/updates/<client>`: what the file's `__metadata__` says beside the parameters. */
export interface UpdateMetadata {
  readonly exampleCount: number;
  readonly steps: number;
  readonly loss: number;
  readonly trainMs: number;
}

/** `POST .../evaluations/<client>`: sums over the client's held-out examples; null stands for what is no number. */
export interface EvaluationReport {
  readonly exampleCount: number;
  readonly lossSum: number | null;
  readonly absoluteErrorSum: number | null;
  readonly confusion: readonly number[];
  readonly tokens?: { readonly count: number; readonly top1: number; readonly top3: number } | undefined;
}

/** What became of a report. */
export interface Receipt {
  /** Counted; counted before; or too late, of no cohort, or of a round that has enough: dropped. */
  readonly outcome: 'accepted' | 'duplicate' | 'dropped';
  readonly detail: string;
}

/** `POST .../failures/<client>`. */
export interface FailureReport {
  readonly reason: string;
}

/** `GET /v1`: what a server is, for anybody. */
export interface ServerInfo {
  readonly protocol: string;
  readonly software: string;
  /** Milliseconds since 1970. */
  readonly serverTime: number;
  /** How clients get in: by invitation, by an operator's approval, or without either. */
  readonly enrolment: 'invitation' | 'approval' | 'open';
}

/** How good a model is: means over examples, of next-token over tokens; what a task does not have is absent. */
export interface OfferedMetrics {
  readonly exampleCount: number;
  readonly loss: number;
  readonly accuracy?: number;
  readonly top3Recall?: number;
  readonly perplexity?: number;
  readonly tokenCount?: number;
  readonly meanAbsoluteError?: number;
}

/** A run that a client could take part in. */
export interface Offer {
  readonly definition: TaskDefinition;
  /** The round that `params` is the model of: 0 is the initial one. */
  readonly round: number;
  /** How many there will be at most. */
  readonly rounds: number;
  /** The newest global model. */
  readonly params: BlobReference;
  /** Of the last round that was evaluated; null where none was. */
  readonly metrics: OfferedMetrics | null;
  /** A paused run asks nobody for now. */
  readonly status: 'running' | 'paused';
}

/** `GET /v1/offers`: what there is to take part in. Since 1.1. */
export interface OffersResponse {
  readonly offers: readonly Offer[];
}
