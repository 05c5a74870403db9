/** Clients whose every request a test writes itself, in a run whose rounds they play through. */

import type { Layout } from '../../src/params/layout.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/params/safetensors.js';
import type { CheckInResponse, EnrolResponse, Receipt, Task } from '../../src/protocol/messages.js';
import { blobPath, PATHS, reportPath } from '../../src/protocol/paths.js';
import type { Signer } from '../../src/protocol/signer.js';
import { formatUpdateMetadata } from '../../src/protocol/update-metadata.js';
import {
  newSigner,
  type RawAnswer,
  type RawRequest,
  sendRaw,
  signedRequest,
  type Wanted,
} from './raw-http.js';

/** One client. */
export interface RawClient {
  readonly signer: Signer;
  readonly clientId: string;
  make(wanted: Wanted): Promise<RawRequest>;
  send(wanted: Wanted): Promise<RawAnswer | null>;
  checkIn(): Promise<CheckInResponse>;
  /** Asks until there is a task. */
  task(): Promise<Task>;
}

const CHECK_IN = { encodings: ['float32'], exampleCount: 10 };

/** The request that makes a key known. */
export function enrolment(url: string, signer: Signer, more: object = {}): Promise<RawRequest> {
  const publicKey = Buffer.from(signer.publicKey).toString('base64url');
  return signedRequest(url, signer, { target: PATHS.clients, json: { publicKey, ...more } });
}

/** A client that is let in, or stands before the door. */
export async function rawClient(
  url: string,
  { signer = newSigner(), runIds }: { signer?: Signer; runIds?: readonly string[] } = {},
): Promise<RawClient> {
  const { clientId } = jsonOf<EnrolResponse>(await sendRaw(url, await enrolment(url, signer)));
  const make = (wanted: Wanted) => signedRequest(url, signer, wanted);
  const send = async (wanted: Wanted) => sendRaw(url, await make(wanted));
  const checkIn = async () =>
    jsonOf<CheckInResponse>(await send({ target: PATHS.checkIn, json: { ...CHECK_IN, runIds } }));
  return {
    ...{ signer, clientId, make, send, checkIn },
    async task() {
      for (;;) {
        const answer = await checkIn();
        if (answer.type === 'task') return answer.task;
        jsonOf(await send({ target: `${PATHS.wake}?wait=1`, headers: { accept: 'application/json' } }));
      }
    },
  };
}

/** The layout and the values of the model that a task begins from. */
export async function modelOf(url: string, task: Task): Promise<{ layout: Layout; values: Float32Array }> {
  const host = new URL(url).host;
  const answer = await sendRaw(url, `GET ${blobPath(task.params.sha256)} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  if (answer?.status !== 200) throw new Error(`the model must be there, got ${answer?.status}`);
  return decodeSafetensors(answer.bytes).params;
}

/** A file of an update in which every element is `value`. */
export function updateOf(layout: Layout, value: number, metadata: Record<string, string> = {}): Uint8Array {
  const values = new Float32Array(layout.size).fill(value);
  const usual = formatUpdateMetadata({ exampleCount: 10, steps: 1, loss: 1, trainMs: 1 });
  return encodeSafetensors({ layout, values }, { ...usual, ...metadata });
}

/** What a client sends to hand in an update. */
export function report({ clientId }: Pick<RawClient, 'clientId'>, { runId, round }: Task, body: Uint8Array) {
  return {
    method: 'PUT',
    target: reportPath('updates', runId, round, clientId),
    headers: { 'content-type': 'application/vnd.safetensors' },
    body,
  } satisfies Wanted;
}

/** Hands in an update. */
export async function handIn(client: RawClient, task: Task, body: Uint8Array): Promise<Receipt> {
  return jsonOf<Receipt>(await client.send(report(client, task, body)));
}

/** What an answer says; throws where it is no success. */
export function jsonOf<T>(answer: RawAnswer | null): T {
  if (!answer || answer.status >= 300)
    throw new Error(`the server must answer, got ${answer?.status} ${answer?.body}`);
  return JSON.parse(answer.body) as T;
}
