/** Sends a request and puts down what leaves the device: before the first byte goes, and what came back. */
import type { Receipt } from '../protocol/messages.js';
import type { AuditEntry, AuditSink, SentKind } from './audit-entry.js';
import { toHex } from './hex.js';
import { type Protection, transportOf } from './protection.js';
import { readAll, type Transport, type TransportRequest, type TransportResponse } from './transport.js';

/** What the log says of a request beside its bytes. */
export interface SendingNote {
  readonly kind: SentKind;
  readonly runId?: string;
  readonly round?: number;
  readonly exampleCount?: number;
  readonly protection?: Protection;
}

/** Answers to what is noted are short. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_DETAIL_LENGTH = 1000;

interface NotingContext {
  readonly transport: Transport;
  readonly audit: AuditSink;
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * Sends a request whose answer is in JSON. Where the log cannot be written, nothing is sent.
 *
 * @param known the SHA-256 of the body, where the caller has it
 * @throws {StoreError} when the log cannot be written, {TransportError} when there is no answer.
 */
export async function sendNoted(
  { transport, audit, sha256 }: NotingContext,
  request: TransportRequest,
  note: SendingNote,
  known?: Uint8Array,
): Promise<TransportResponse> {
  const body = request.body ?? new Uint8Array();
  const hash = toHex(known ?? (await sha256(body)));
  const { origin } = transport;
  await audit.append({
    type: 'sending',
    protection: { transport: transportOf(origin) },
    ...note,
    ...{ server: origin, bytes: body.length, sha256: hash },
  });
  const put = (outcome: Outcome, detail: string) =>
    audit.append({ type: 'receipt', sha256: hash, outcome, detail: detail.slice(0, MAX_DETAIL_LENGTH) });
  let response: TransportResponse;
  let answer: Uint8Array;
  try {
    response = await transport.request(request);
    answer = await readAll(response.body, MAX_ANSWER_BYTES);
  } catch (error) {
    await put('lost', error instanceof Error ? error.message : String(error));
    throw error;
  }
  await put(...outcomeOf(response.status, answer));
  return { ...response, body: once(answer) };
}

type Outcome = Extract<AuditEntry, { type: 'receipt' }>['outcome'];

const RECEIPTS: readonly Receipt['outcome'][] = ['accepted', 'duplicate', 'dropped'];

function outcomeOf(status: number, answer: Uint8Array): [Outcome, string] {
  const { outcome, detail = '' } = parse(answer);
  if (status >= 400) return ['refused', detail === '' ? `status ${status}` : detail];
  const known = RECEIPTS.find((each) => each === outcome);
  return known ? [known, detail] : ['answered', ''];
}

function parse(answer: Uint8Array): { readonly outcome?: string; readonly detail?: string } {
  try {
    const { outcome, detail } = JSON.parse(new TextDecoder().decode(answer)) as Record<string, unknown>;
    return { ...(typeof outcome === 'string' && { outcome }), ...(typeof detail === 'string' && { detail }) };
  } catch {
    return {};
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
