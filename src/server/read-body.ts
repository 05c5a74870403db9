/** Reads small bodies: bounded, checked against their digest, parsed once. */
import * as v from 'valibot';
import { Refusal } from '../protocol/problem.js';
import { createDigestCheck } from './body-digest.js';
import type { ServerRequest } from './http.js';
import { readUnstalled } from './unstalled.js';

/** No message in JSON is longer. */
const MAX_JSON_BYTES = 64 * 1024;

/** Nobody who means it needs longer for so little. */
const STALL_MS = 15_000;
const TOTAL_MS = 30_000;

/**
 * The body of a request as JSON of a schema.
 *
 * @throws {Refusal} `wrong-media-type`, `too-large`, `wrong-digest` or `bad-request`, in one sentence.
 */
export async function readJson<Schema extends v.GenericSchema>(
  request: ServerRequest,
  schema: Schema,
  signed: boolean,
): Promise<v.InferOutput<Schema>> {
  refuseEncoded(request);
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal('wrong-media-type', `content-type must be application/json, got "${type}"`);
  }
  const bytes = await readBytes(request, MAX_JSON_BYTES, signed);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Refusal('bad-request', 'the body must be JSON in UTF-8, got something else', { cause });
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [{ message, path }] = parsed.issues;
  const where = path?.map(({ key }) => String(key)).join('.') ?? 'the body';
  throw new Refusal('bad-request', `${where} is not as the protocol says: ${message}`);
}

/** Bodies are taken as they are: what is small on the way and huge in memory is not read. */
export function refuseEncoded({ headers }: ServerRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new Refusal('wrong-media-type', `content-encoding must be left out, got "${encoding}"`);
}

async function readBytes(request: ServerRequest, maxBytes: number, signed: boolean): Promise<Uint8Array> {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > maxBytes) throw tooLarge(maxBytes, length);
  const digest = signed ? createDigestCheck(request.headers) : undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const take = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes, `${size} or more`);
    digest?.update(chunk);
    chunks.push(chunk);
  };
  const late = new AbortController();
  const onLate = () => late.abort(new Refusal('timeout', `the body must be here within ${TOTAL_MS} ms`));
  const timer = setTimeout(onLate, TOTAL_MS);
  try {
    await readUnstalled(request.body, STALL_MS, take, late.signal);
  } finally {
    clearTimeout(timer);
  }
  digest?.end();
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number, got: string): Refusal {
  return new Refusal('too-large', `the body must have at most ${maxBytes} bytes, got ${got}`);
}
