/** Asks the control API, as whoever is signed in. */

import { signal } from '@preact/signals';
import { FederatedError, TransportError } from '../../../../src/errors.js';
import { signOut, token } from './session.js';

const API = '/v1/control';

/** The server has refused: `message` is its own sentence. */
class RefusedError extends FederatedError {
  readonly status: number;

  constructor(status: number, detail: string) {
    super('refused', detail);
    this.status = status;
  }
}

/** When the server is asked again, in milliseconds since 1970; null while it answers. */
export const retryAt = signal<number | null>(null);

interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/**
 * One request; its answer is a success.
 *
 * @throws {TransportError} when no answer comes, or the server is away for a moment.
 * @throws {RefusedError} when the server says no; where it does not take the token, the reader is signed out.
 */
export async function request(path: string, question: Question = {}): Promise<Response> {
  const response = await send(path, question);
  if (response.ok) return response;
  const detail = await detailOf(response);
  if (response.status === 401) signOut(`The server does not take this token: ${detail}.`);
  if (response.status >= 500) throw new TransportError(detail);
  throw new RefusedError(response.status, detail);
}

/** The same, for an answer in JSON. */
export async function ask<Answer>(path: string, question: Question = {}): Promise<Answer> {
  const response = await request(path, question);
  retryAt.value = null;
  return (await response.json()) as Answer;
}

async function send(path: string, { method = 'GET', body, accept, signal }: Question): Promise<Response> {
  try {
    return await fetch(API + path, {
      method,
      headers: {
        authorization: `Bearer ${token.value ?? ''}`,
        ...(accept === undefined ? {} : { accept }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      cache: 'no-store',
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new TransportError('The server does not answer', { cause });
  }
}

async function detailOf(response: Response): Promise<string> {
  const document: unknown = await response.json().catch(() => null);
  const detail = (document as { detail?: unknown } | null)?.detail;
  return typeof detail === 'string' ? detail : `it answers with status ${response.status}`;
}

/** The path of a run. */
export function runPath(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

/** Any failure as a sentence for people. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // The name of a setting stays as it is.
  const isName = /^[a-z][\w.]* must /.test(text);
  const sentence = isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
