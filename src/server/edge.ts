/**
 * What all answers have in common: header fields that keep browsers from making more of an answer than it is, and
 * which pages of other origins may read it.
 *
 * Threat: a page that somebody happens to look at speaks to this server with the browser's network position. Nothing
 * here goes by cookies, so a page can do no more than anybody; what it may read, it reads only where its origin is on
 * the list.
 */
import { ConfigError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import { type Handler, problemResponse, type ServerRequest, type ServerResponse } from './http.js';

/** On every answer; what a route says itself goes first. */
export const SECURITY_FIELDS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** What clients send beside what browsers always allow. */
const SENT =
  'accept, authorization, content-digest, content-type, if-none-match, if-range, last-event-id, range, repr-digest, signature, signature-input, tessera-protocol, upload-complete, upload-offset';
/** What clients read beside what browsers always show. */
const READ =
  'content-range, etag, repr-digest, retry-after, upload-complete, upload-offset, www-authenticate';
const PREFLIGHT_SECONDS = '7200';

/** `*`, or origins such as `https://example.org`. */
export type AllowedOrigins = readonly string[];

/**
 * Checks an allow-list.
 *
 * @throws {ConfigError} naming what is no origin.
 */
export function checkOrigins(origins: AllowedOrigins): void {
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (wrong === undefined) return;
  throw new ConfigError(`allowed origins must be * or like https://example.org, got "${wrong}"`);
}

/** Puts the fields on all answers of a handler, and answers what browsers ask before they send. */
export function withEdge(handler: Handler, origins: AllowedOrigins): Handler {
  const any = origins.includes('*');
  const known = new Set(origins);

  const fieldsFor = ({ headers: { origin } }: ServerRequest): Record<string, string> => {
    if (origins.length === 0) return {};
    const allowed = origin !== undefined && (any || known.has(origin));
    return {
      // Caches must not hand the answer for one origin to another.
      vary: 'origin',
      ...(allowed
        ? { 'access-control-allow-origin': any ? '*' : origin, 'access-control-expose-headers': READ }
        : {}),
    };
  };
  const preflight = (cors: Readonly<Record<string, string>>): ServerResponse => {
    if (cors['access-control-allow-origin'] === undefined) {
      return problemResponse(new Refusal('forbidden', 'pages of this origin are not on the list'));
    }
    return {
      status: 204,
      headers: {
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': SENT,
        'access-control-max-age': PREFLIGHT_SECONDS,
      },
    };
  };
  return async (request) => {
    const cors = fieldsFor(request);
    const asks = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    const answer = asks ? preflight(cors) : await handler(request);
    const headers = { ...SECURITY_FIELDS, ...cors, ...answer.headers };
    const varies = [cors.vary, answer.headers.vary].filter((field) => field !== undefined);
    return { ...answer, headers: varies.length > 0 ? { ...headers, vary: varies.join(', ') } : headers };
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
