/** Takes an update while it arrives: into a place of its own, checked byte by byte, folded only when it is whole. */
import { ProtocolError, ShapeError } from '../errors.js';
import type { SafetensorsReader } from '../params/safetensors-stream.js';
import { formatDigest, parseDigest, REPR_DIGEST_FIELD } from '../protocol/content-digest.js';
import type { Receipt } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import { parseUpdateMetadata } from '../protocol/update-metadata.js';
import { giveBack } from './give-back.js';
import type { ServerRequest, ServerResponse } from './http.js';
import { refuseEncoded } from './read-body.js';
import type { RoundHost } from './round-host.js';
import { readUnstalled } from './unstalled.js';
import type { UploadSlot } from './upload-slots.js';

/** No byte for so long: the request is given up, what came is kept for a while. */
const STALL_MS = 30_000;

/** What one report is of. */
export interface ReportTarget {
  readonly host: RoundHost;
  readonly round: number;
  readonly clientIndex: number;
}

/** `PUT`: a whole update. */
export async function putUpdate(target: ReportTarget, request: ServerRequest): Promise<Receipt> {
  const { host } = target;
  const length = lengthOf(request, host.maxUpdateBytes);
  requireType(request, 'application/vnd.safetensors');
  const settled = receiptBefore(target);
  if (settled) return answerUnread(request, settled);
  let gone: AbortSignal | undefined;
  // Most need not wait, and need no signal.
  const whenGone = () => (gone ??= closeSignal(request));
  await host.turn(target.clientIndex, target.round, whenGone);
  const over = receiptBefore(target);
  if (over) return answerUnread(request, over);
  const slot = await host.slots.acquire(keyOf(target), digestOf(request), whenGone);
  return receive(target, request, slot, length);
}

/** `PATCH`: the rest of one that broke off. */
export async function patchUpdate(target: ReportTarget, request: ServerRequest): Promise<Receipt> {
  const { host } = target;
  const length = lengthOf(request, host.maxUpdateBytes);
  requireType(request, 'application/partial-upload');
  const settled = receiptBefore(target);
  if (settled) return answerUnread(request, settled);
  const slot = host.slots.takeOver(keyOf(target), digestOf(request));
  const offset = Number(request.headers['upload-offset'] ?? Number.NaN);
  if (!slot || slot.received !== offset) {
    throw new Refusal('wrong-offset', `the upload goes on at byte ${slot?.received ?? 0}, got ${offset}`, {
      extensions: { offset: slot?.received ?? 0 },
      headers: { 'retry-after': '0' },
    });
  }
  host.slots.resume(slot);
  return receive(target, request, slot, offset + length);
}

/** `HEAD`: how much of it is there. */
export function updateOffset(target: ReportTarget, request: ServerRequest): ServerResponse {
  const settled = receiptBefore(target);
  const received = settled
    ? 0
    : (target.host.slots.takeOver(keyOf(target), digestOf(request))?.received ?? 0);
  return {
    status: 200,
    headers: {
      'cache-control': 'no-store',
      'upload-offset': String(received),
      'upload-complete': settled ? '?1' : '?0',
    },
  };
}

async function receive(
  target: ReportTarget,
  request: ServerRequest,
  slot: UploadSlot,
  totalBytes: number,
): Promise<Receipt> {
  const { host } = target;
  const { writer } = slot;
  try {
    await readUnstalled(request.body, STALL_MS, (chunk) => take(slot, chunk), writer.signal);
    // Between the last chunk and this line the place may have been given to another request.
    writer.signal.throwIfAborted();
  } catch (error) {
    host.slots.interrupt(slot, writer);
    throw error;
  }
  if (slot.received < totalBytes) {
    host.slots.interrupt(slot, writer);
    throw new Refusal('timeout', `the upload broke off at byte ${slot.received} of ${totalBytes}`);
  }
  try {
    return finish(target, slot);
  } finally {
    host.slots.release(slot);
  }
}

function take(slot: UploadSlot, chunk: Uint8Array): void {
  slot.hash.update(chunk);
  pushQuietly(slot.reader, chunk);
  slot.received += chunk.length;
  giveBack(chunk);
}

/** A fault, which the reader tells again at the end: it is the client's if these are the bytes that it has signed. */
function pushQuietly(reader: SafetensorsReader, chunk: Uint8Array): void {
  try {
    reader.push(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof ShapeError)) throw error;
  }
}

function finish({ host, clientIndex, round }: ReportTarget, slot: UploadSlot): Receipt {
  // First: bytes that are not what the client signed say nothing about the client.
  if (formatDigest(slot.hash.digest()) !== slot.digest) {
    throw new Refusal('wrong-digest', 'the update must have the digest that was signed, got another');
  }
  try {
    const { metadata } = slot.reader.end();
    return host.receive(clientIndex, round, slot.values, parseUpdateMetadata(metadata));
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof ShapeError)) throw error;
    host.refuse(clientIndex, round, error.message);
    throw new Refusal('wrong-update', error.message, { cause: error });
  }
}

/** Aborts when the connection closes. */
function closeSignal(request: ServerRequest): AbortSignal {
  const gone = new AbortController();
  request.onClose(() => gone.abort());
  return gone.signal;
}

/** What can be said without reading the update. */
function receiptBefore({ host, clientIndex, round }: ReportTarget): Receipt | undefined {
  host.checkOpen();
  return host.standing(clientIndex, round);
}

/** Reads what is on its way, so that the answer gets through, and keeps nothing of it. */
async function answerUnread(request: ServerRequest, receipt: Receipt): Promise<Receipt> {
  await readUnstalled(request.body, STALL_MS, giveBack);
  return receipt;
}

function keyOf({ round, clientIndex }: ReportTarget): string {
  return `${round}/${clientIndex}`;
}

function digestOf({ headers }: ServerRequest): string {
  const field = headers[REPR_DIGEST_FIELD];
  if (field === undefined) throw new Refusal('bad-request', `${REPR_DIGEST_FIELD} must be there, got none`);
  return formatDigest(parseDigest(REPR_DIGEST_FIELD, field));
}

function lengthOf(request: ServerRequest, maxBytes: number): number {
  refuseEncoded(request);
  const field = request.headers['content-length'];
  const length = Number(field ?? Number.NaN);
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new Refusal(
      'bad-request',
      `content-length must say how long the update is, got ${field ?? 'nothing'}`,
    );
  }
  if (length > maxBytes) {
    throw new Refusal('too-large', `an update of this model has at most ${maxBytes} bytes, got ${length}`);
  }
  return length;
}

function requireType({ headers }: ServerRequest, type: string): void {
  if (headers['content-type'] === type) return;
  throw new Refusal(
    'wrong-media-type',
    `content-type must be ${type}, got "${headers['content-type'] ?? ''}"`,
  );
}
