/** What clients ask: to be let in, for something to do, for models, and to hand in what they have done. */
import * as v from 'valibot';
import type { CheckInResponse, EnrolResponse, Receipt, ServerInfo } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { Refusal } from '../protocol/problem.js';
import { MAX_EXAMPLE_COUNT } from '../round/check-report.js';
import { checkAttributes } from './client-record.js';
import type { Federation } from './federation.js';
import { jsonResponse, type ServerRequest } from './http.js';
import { noteDownload } from './note-download.js';
import { offersFor } from './offers.js';
import { retryAfterFor } from './pace.js';
import { readJson } from './read-body.js';
import { patchUpdate, putUpdate, type ReportTarget, updateOffset } from './receive-update.js';
import type { PathParameters, Route, RouteHandler } from './routes.js';
import { createTurnstile } from './turnstile.js';

const MAX_WAIT_SECONDS = 60;

/** At once, of one client: more than one that has lost some on the way and does not know it. */
const MAX_UPLOADS = 4;

const shortText = v.pipe(v.string(), v.maxLength(256));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const attributes = v.record(v.string(), v.string());

const enrolSchema = v.strictObject({
  publicKey: v.pipe(v.string(), v.regex(/^[\w-]{43}$/, '32 bytes in base64url')),
  name: v.optional(shortText),
  invitation: v.optional(shortText),
  attributes: v.optional(attributes, {}),
});

const checkInSchema = v.strictObject({
  encodings: v.pipe(v.array(v.literal('float32')), v.minLength(1), v.maxLength(16)),
  attributes: v.optional(attributes),
  exampleCount: v.optional(count),
  heldOutCount: v.optional(count),
  runIds: v.optional(v.pipe(v.array(shortText), v.maxLength(64))),
});

const failureSchema = v.strictObject({ reason: v.pipe(v.string(), v.maxLength(1000)) });

/** JSON has no infinity, but 1e999 reads as one; what is no number is null. */
const sum = v.nullable(v.pipe(v.number(), v.finite()));
const examples = v.pipe(count, v.maxValue(MAX_EXAMPLE_COUNT));

const evaluationSchema = v.strictObject({
  exampleCount: v.pipe(examples, v.minValue(1)),
  lossSum: sum,
  absoluteErrorSum: sum,
  confusion: v.pipe(v.array(examples), v.maxLength(1_000_000)),
  tokens: v.optional(v.strictObject({ count: examples, top1: examples, top3: examples })),
});

/** Without what was left out: the register tells undefined from absent. */
function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}

/** The routes of the protocol. */
export function clientRoutes(federation: Federation): readonly Route[] {
  const { access, wakes, blobs, availability, clientOf } = federation;
  const { metrics } = federation.context;

  const targetOf = (
    request: ServerRequest,
    { run = '', round = '', client = '' }: PathParameters,
  ): ReportTarget => {
    const record = clientOf(request);
    if (record.keyId !== client) throw new Refusal('forbidden', 'a client reports for itself only');
    if (!/^\d{1,9}$/.test(round)) throw new Refusal('bad-request', 'the round must be a number');
    const host = federation.hostOf(run);
    if (!host) throw new Refusal('gone', 'this run is not open here, or not any more');
    access.clients.touch(record.keyId);
    return { host, round: Number(round), clientIndex: record.index };
  };
  const enter = createTurnstile(MAX_UPLOADS, 'uploads');
  const takesUpdate =
    (take: typeof putUpdate): RouteHandler =>
    async (request, path) => {
      const target = targetOf(request, path);
      const leave = enter(target.clientIndex);
      metrics?.uploads(1);
      const { host, clientIndex, round } = target;
      if (!host.standing(clientIndex, round)) host.activity.uploading(clientIndex);
      try {
        const taken = await take(target, request);
        metrics?.update(taken.outcome);
        return jsonResponse(taken);
      } catch (error) {
        metrics?.updateRefused(error instanceof Refusal ? error.problem : 'internal');
        throw error;
      } finally {
        metrics?.uploads(-1);
        leave();
      }
    };
  const receipt = (outcome: Receipt['outcome'], detail: string): Receipt => ({ outcome, detail });
  const report = '/v1/runs/:run/rounds/:round';

  return [
    ['GET', PATHS.info, () => jsonResponse(federation.info() satisfies ServerInfo)],
    ['GET', PATHS.offers, (request) => jsonResponse(offersFor(federation, request))],
    [
      'POST',
      PATHS.clients,
      async (request) => {
        federation.limitAddress(request.remoteAddress);
        const { publicKey, ...asked } = await readJson(request, enrolSchema, true);
        const record = await federation.enrol(request, {
          ...defined(asked),
          publicKey: Buffer.from(publicKey, 'base64url'),
        });
        const answer: EnrolResponse = {
          clientId: record.keyId,
          status: record.status === 'approved' ? 'approved' : 'pending',
        };
        return jsonResponse(answer, 201);
      },
    ],
    [
      'DELETE',
      PATHS.me,
      async (request) => {
        const { keyId, index } = federation.leaverOf(request);
        federation.drop(index, 'the client has left');
        await access.clients.forget(keyId);
        return jsonResponse({ forgotten: true });
      },
    ],
    [
      'POST',
      PATHS.checkIn,
      async (request) => {
        const record = clientOf(request);
        const asked = await readJson(request, checkInSchema, true);
        const told = { ...asked, attributes: asked.attributes ?? record.attributes };
        checkAttributes(told.attributes);
        access.clients.touch(record.keyId);
        const hasChannel = wakes.isPresent(record.index);
        const retryAfterMs = retryAfterFor(availability.known, hasChannel, Math.random());
        availability.note(record.index, record.population, told, retryAfterMs);
        federation.clientCame();
        const task = federation.taskFor(record.index);
        const answer: CheckInResponse = task
          ? { type: 'task', task }
          : { type: 'wait', retryAfterMs, reason: federation.reasonToWait(record) };
        return jsonResponse(answer);
      },
    ],
    [
      'GET',
      PATHS.wake,
      (request) => {
        const record = clientOf(request);
        if ((request.headers.accept ?? '').includes('text/event-stream'))
          return wakes.stream(record.index, request);
        const wait = Number(new URLSearchParams(request.target.split('?')[1] ?? '').get('wait') ?? 0);
        if (!(wait >= 0 && wait <= MAX_WAIT_SECONDS)) {
          throw new Refusal('bad-request', `wait must be from 0 to ${MAX_WAIT_SECONDS} seconds`);
        }
        return wakes.poll(record.index, wait * 1000, request);
      },
    ],
    [
      'GET',
      '/v1/blobs/:sha256',
      (request, { sha256 = '' }) => {
        const answer = blobs.serve(sha256, request);
        noteDownload(federation, sha256, request);
        return answer;
      },
    ],
    ['HEAD', '/v1/blobs/:sha256', (request, { sha256 = '' }) => blobs.serve(sha256, request)],
    ['PUT', `${report}/updates/:client`, takesUpdate(putUpdate)],
    ['PATCH', `${report}/updates/:client`, takesUpdate(patchUpdate)],
    ['HEAD', `${report}/updates/:client`, (request, path) => updateOffset(targetOf(request, path), request)],
    [
      'POST',
      `${report}/evaluations/:client`,
      async (request, path) => {
        const { host, clientIndex, round } = targetOf(request, path);
        const sums = await readJson(request, evaluationSchema, true);
        return jsonResponse(host.evaluations.receive(clientIndex, round, sums));
      },
    ],
    [
      'POST',
      `${report}/failures/:client`,
      async (request, path) => {
        const { host, clientIndex, round } = targetOf(request, path);
        const { reason } = await readJson(request, failureSchema, true);
        host.checkOpen();
        const known = host.standing(clientIndex, round);
        if (host.evaluations.taskFor(clientIndex)?.round === round) host.evaluations.skip(clientIndex);
        host.refuse(clientIndex, round, `the client says: ${reason}`);
        return jsonResponse(known ?? receipt('accepted', 'noted: the round goes on without you'));
      },
    ],
  ];
}
