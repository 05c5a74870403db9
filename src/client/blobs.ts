/** Fetches content by its hash: goes on where it broke off, and takes nothing that has another hash. */
import { ProtocolError, TransportError } from '../errors.js';
import type { BlobReference } from '../protocol/messages.js';
import { blobPath } from '../protocol/paths.js';
import type { Api } from './api.js';
import { toHex } from './hex.js';

/** What a fetch needs. */
export interface BlobContext {
  readonly api: Api;
  /** Says who fetches, so that operators see a client with its task's model on the way; default: nobody has to know. */
  readonly signed?: boolean;
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * The bytes of a blob.
 *
 * @param into memory to use again, where it is as long as the blob
 * @throws {ProtocolError} when what comes has another length or hash, also at the second attempt.
 */
export async function fetchBlob(
  { api, sha256, signed = false }: BlobContext,
  blob: BlobReference,
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = into?.length === blob.bytes ? into : new Uint8Array(blob.bytes);
  for (const last of [false, true]) {
    let received = 0;
    await api.retry(
      'the download',
      async () => {
        received = await fetchRest({ api, signed }, blob, bytes, received, signal);
      },
      signal,
    );
    if (toHex(await sha256(bytes)) === blob.sha256) return bytes;
    if (last) break;
  }
  throw new ProtocolError(`the content must have the hash ${blob.sha256}, got another`);
}

/** Reads on from `start`; returns how far it came. */
async function fetchRest(
  context: Required<Pick<BlobContext, 'api' | 'signed'>>,
  { sha256, bytes: size }: BlobReference,
  into: Uint8Array,
  start: number,
  signal?: AbortSignal,
): Promise<number> {
  const headers = start === 0 ? {} : { range: `bytes=${start}-` };
  const response = await context.api.send({
    method: 'GET',
    target: blobPath(sha256),
    unsigned: !context.signed,
    headers,
    signal,
  });
  // Who does not know ranges starts again.
  let at = response.status === 206 ? start : 0;
  try {
    for await (const chunk of response.body) {
      if (at + chunk.length > size) throw new ProtocolError(`the content must have ${size} bytes, got more`);
      into.set(chunk, at);
      at += chunk.length;
    }
  } catch (error) {
    if (error instanceof TransportError && at > start)
      return fetchRest(context, { sha256, bytes: size }, into, at, signal);
    throw error;
  }
  if (at === size) return at;
  throw new TransportError(`the content must have ${size} bytes, got ${at}`);
}
