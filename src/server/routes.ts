/** Finds the handler of a request: a table of methods and paths, and what every answer has in common. */
import FindMyWay from 'find-my-way';
import { FederatedError, StoreError } from '../errors.js';
import { PROTOCOL_VERSION, VERSION_FIELD } from '../protocol/http.js';
import { Refusal } from '../protocol/problem.js';
import { type Handler, problemResponse, type ServerRequest, type ServerResponse } from './http.js';

/** The parts of a path that vary, decoded. */
export type PathParameters = Readonly<Record<string, string>>;

export type RouteHandler = (
  request: ServerRequest,
  parameters: PathParameters,
) => ServerResponse | Promise<ServerResponse>;

/** One line of the table: `['POST', '/v1/check-in', checkIn]`. */
export type Route = readonly [method: Method, template: string, handler: RouteHandler];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/** What the caller hears of every answer. */
export interface RouteHooks {
  /** `template` is null where no route fits. */
  onAnswer(answer: {
    readonly request: ServerRequest;
    readonly method: string;
    readonly template: string | null;
    readonly response: ServerResponse;
    readonly problem: Refusal | undefined;
    readonly ms: number;
  }): void;
  /** Something failed that is no fault of the peer's. */
  onFailure(error: unknown): void;
  now(): number;
}

/** A path longer than any of ours. */
const MAX_TARGET_LENGTH = 2_048;

/** The handler of a table. */
export function createRouter(routes: readonly Route[], hooks: RouteHooks): Handler {
  const router = FindMyWay({ maxParamLength: 256, ignoreTrailingSlash: false });
  const methods = new Map<string, Method[]>();
  for (const [method, template, handler] of routes) {
    router.on(method, template, () => {}, { template, handler });
    methods.set(template, [...(methods.get(template) ?? []), method]);
  }

  const find = (request: ServerRequest) => {
    if (request.target.length > MAX_TARGET_LENGTH || !request.target.startsWith('/')) {
      throw new Refusal(
        'bad-request',
        `the target must be a path of at most ${MAX_TARGET_LENGTH} characters`,
      );
    }
    const found = router.find(request.method as Method, request.target);
    if (found) return found;
    const others = METHODS.filter((method) => router.find(method, request.target));
    if (others.length === 0) throw new Refusal('not-found', 'there is nothing at this path');
    throw new Refusal(
      'wrong-method',
      `the method must be ${others.join(' or ')}, got ${request.method.slice(0, 20)}`,
      {
        headers: { allow: others.join(', ') },
      },
    );
  };

  return async (request) => {
    const startedAt = hooks.now();
    let template: string | null = null;
    let problem: Refusal | undefined;
    let response: ServerResponse;
    try {
      // Before the path: another major has others.
      refuseVersion(request);
      const { store, params } = find(request);
      template = (store as { template: string }).template;
      response = await (store as { handler: RouteHandler }).handler(request, params as PathParameters);
    } catch (error) {
      problem = error instanceof Refusal ? error : failure(error, hooks);
      response = problemResponse(problem);
    }
    hooks.onAnswer({
      request,
      method: request.method,
      template,
      response,
      problem,
      ms: hooks.now() - startedAt,
    });
    return response;
  };
}

/** A peer that names no version is a browser or a tool: it is taken for one of ours. */
function refuseVersion({ headers }: ServerRequest): void {
  const version = headers[VERSION_FIELD];
  if (version === undefined) return;
  const major = /^(\d{1,5})\.\d{1,5}$/.exec(version)?.[1];
  const own = PROTOCOL_VERSION.split('.')[0];
  if (major === own) return;
  throw new Refusal(
    'unsupported-version',
    `${VERSION_FIELD} must be ${own}.x, got "${version.slice(0, 20)}"`,
    {
      extensions: { supported: PROTOCOL_VERSION },
    },
  );
}

/** What failed is said in the log, not to the peer. */
function failure(error: unknown, hooks: RouteHooks): Refusal {
  hooks.onFailure(error);
  if (error instanceof StoreError) {
    return new Refusal('unavailable', 'the server cannot write now', {
      cause: error,
      headers: { 'retry-after': '10' },
    });
  }
  const known = error instanceof FederatedError && error.code === 'config';
  return known
    ? new Refusal('bad-request', error.message, { cause: error })
    : new Refusal('internal', 'the server failed; its log says more', { cause: error });
}
