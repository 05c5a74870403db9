/** Hands in an update: goes on where an upload broke off, and counts once however often it is sent. */
import { formatDigest } from '../protocol/content-digest.js';
import type { Receipt } from '../protocol/messages.js';
import { type Api, RefusedError } from './api.js';
import type { SendingNote } from './noted-request.js';
import { readAll } from './transport.js';

const MAX_RECEIPT_BYTES = 64 * 1024;

/** An update as it leaves. */
export interface Report {
  /** The path that names run, round and client. */
  readonly target: string;
  /** A safetensors file. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
  /** For the audit log. */
  readonly note?: SendingNote;
}

/**
 * Sends until the server says what became of it.
 *
 * @throws {RefusedError} when the server does not want it, {TransportError} when `signal` ended the attempts.
 */
export async function sendReport(api: Api, report: Report, signal?: AbortSignal): Promise<Receipt> {
  let begun = false;
  return api.retry(
    'the report',
    async () => {
      const offset = begun ? await offsetOf(api, report, signal) : 0;
      begun = true;
      const response = await api.send({ ...partFrom(report, offset), signal });
      return JSON.parse(new TextDecoder().decode(await readAll(response.body, MAX_RECEIPT_BYTES))) as Receipt;
    },
    signal,
  );
}

function partFrom({ target, bytes, sha256, note: noted }: Report, offset: number) {
  const note = noted === undefined ? {} : { note: noted };
  const headers = { 'content-type': 'application/vnd.safetensors', 'repr-digest': formatDigest(sha256) };
  if (offset === 0) return { method: 'PUT', target, headers, body: bytes, sha256, ...note } as const;
  return {
    method: 'PATCH',
    target,
    headers: { ...headers, 'content-type': 'application/partial-upload', 'upload-offset': String(offset) },
    body: bytes.subarray(offset),
    ...note,
  } as const;
}

/** How much of it the server still has. */
async function offsetOf(api: Api, { target, bytes, sha256 }: Report, signal?: AbortSignal): Promise<number> {
  try {
    const headers = { 'repr-digest': formatDigest(sha256) };
    const response = await api.send({ method: 'HEAD', target, headers, signal });
    const offset = Number(response.headers['upload-offset'] ?? 0);
    return Number.isSafeInteger(offset) && offset > 0 && offset < bytes.length ? offset : 0;
  } catch (error) {
    if (error instanceof RefusedError && error.status < 500) return 0;
    throw error;
  }
}
