/** What goes wrong between client and server, as problem documents (RFC 9457): one code per reaction. */
import { FederatedError } from '../errors.js';

/** The media type of a problem document. */
export const PROBLEM_TYPE = 'application/problem+json';

/** Codes, each with its status and title. `type` in the document is `urn:tessera:` and the code. */
export const PROBLEMS = {
  'bad-request': [400, 'The request is not understood'],
  'unsupported-version': [400, 'This version of the protocol is not spoken here'],
  'wrong-digest': [400, 'The body is not what its digest says'],
  'not-signed': [401, 'The request must be signed'],
  'wrong-signature': [401, 'The signature does not fit the request'],
  'clock-skew': [401, 'The clocks of client and server differ'],
  replayed: [401, 'The request has been seen before'],
  'unknown-client': [401, 'The client is not known here'],
  'not-signed-in': [401, 'Sign in with a token'],
  'not-approved': [403, 'The client is not approved yet'],
  revoked: [403, 'The client is not welcome any more'],
  'wrong-invitation': [403, 'The invitation does not hold'],
  forbidden: [403, 'This is not allowed'],
  'not-found': [404, 'There is no such thing'],
  'wrong-method': [405, 'This is not done that way'],
  timeout: [408, 'The request took too long'],
  conflict: [409, 'That does not fit the state'],
  'wrong-offset': [409, 'The upload goes on elsewhere'],
  gone: [410, 'That is over'],
  'too-large': [413, 'The body is too large'],
  'wrong-media-type': [415, 'This kind of body is not read'],
  'wrong-range': [416, 'There is no such range'],
  'wrong-update': [422, 'The update does not fit the model'],
  'too-many-requests': [429, 'Too many requests'],
  'fields-too-large': [431, 'The header is too large'],
  internal: [500, 'The server failed'],
  unavailable: [503, 'The server cannot do that now'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** What kind of problem it is; stable, for programs. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A problem document. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** One sentence for people. */
  readonly detail: string;
  /** More for programs, by code: `serverTime` of `clock-skew` (ms since 1970), `offset` of `wrong-offset`. */
  readonly [extension: string]: unknown;
}

/** A request that is refused: thrown where it is found out, answered with its document. */
export class Refusal extends FederatedError {
  readonly problem: ProblemCode;
  readonly status: number;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** More header fields of the answer, like `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: ProblemCode,
    detail: string,
    more: {
      readonly extensions?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(problem, detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.problem = problem;
    this.status = PROBLEMS[problem][0];
    this.extensions = more.extensions ?? {};
    this.headers = more.headers ?? {};
  }
}

/** The document that answers a refused request. */
export function problemDocument({ problem, message, status, extensions }: Refusal): ProblemDocument {
  return {
    ...extensions,
    type: `urn:tessera:${problem}`,
    title: PROBLEMS[problem][1],
    status,
    detail: message,
  };
}

/** The code in a document, or null where it is none of ours. */
export function problemCodeOf(document: unknown): ProblemCode | null {
  const type = (document as { type?: unknown } | null)?.type;
  if (typeof type !== 'string' || !type.startsWith('urn:tessera:')) return null;
  const code = type.slice('urn:tessera:'.length);
  return Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : null;
}
