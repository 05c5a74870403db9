/** What operators ask: who they are, and everything about clients, invitations, operators and the audit log. */
import * as v from 'valibot';
import { DATASET_NAMES } from '../datasets/load-dataset.js';
import { ConfigError } from '../errors.js';
import { modelNames } from '../learn/model.js';
import { PROTOCOL_VERSION } from '../protocol/http.js';
import { Refusal } from '../protocol/problem.js';
import type { ClientRecord } from './client-record.js';
import type { ClientView, Page, ServerOverview } from './control-messages.js';
import type { Federation } from './federation.js';
import { jsonResponse, type ServerRequest, type ServerResponse } from './http.js';
import { type OperatorGate, operatorActor } from './operator-gate.js';
import type { Identity } from './operators.js';
import { readJson } from './read-body.js';
import type { PathParameters, Route } from './routes.js';

/** Where the control API begins. */
const CONTROL = '/v1/control';

/** Entries of a list in one answer. */
const MOST_ENTRIES = 1000;

const invitationSchema = v.strictObject({
  population: v.optional(v.string(), 'default'),
  uses: v.optional(v.number()),
  expiresInMs: v.optional(v.number()),
});

const operatorSchema = v.strictObject({ name: v.string(), role: v.picklist(['viewer', 'operator']) });

const statusSchema = v.picklist(['pending', 'approved', 'revoked']);

/** What a route does once it is known who asks. */
export type ControlHandler = (
  request: ServerRequest,
  parameters: PathParameters,
  operator: Identity,
) => ServerResponse | Promise<ServerResponse>;

/** Puts the gate before a route: to look needs a viewer, all else an operator. */
export function controlRoute(
  gate: OperatorGate,
  method: Route[0],
  path: string,
  handler: ControlHandler,
): Route {
  const role = method === 'GET' ? 'viewer' : 'operator';
  return [
    method,
    `${CONTROL}${path}`,
    async (request, parameters) => {
      const operator = await gate.admit(request, role);
      try {
        return await handler(request, parameters, operator);
      } catch (error) {
        // Here what is wrong is what the operator asked for, and is said to them.
        if (error instanceof ConfigError) throw new Refusal('bad-request', error.message, { cause: error });
        throw error;
      }
    },
  ];
}

/** The routes but those of runs. */
export function controlRoutes(federation: Federation, gate: OperatorGate): readonly Route[] {
  const { access, availability, wakes, context } = federation;
  const { clients, invitations, operators, audit } = access;
  const route = (method: Route[0], path: string, handler: ControlHandler) =>
    controlRoute(gate, method, path, handler);

  const viewOf = ({ publicKey: _, keyId, ...record }: ClientRecord): ClientView => ({
    ...record,
    clientId: keyId,
    present: wakes.isPresent(record.index),
    busyWith: availability.busyWith(record.index) ?? null,
  });
  const clientAt = ({ client = '' }: PathParameters): ClientRecord => {
    const found = /^\d{1,9}$/.test(client) ? clients.at(Number(client)) : clients.find(client);
    if (!found) throw new Refusal('not-found', 'there is no client of that number or name');
    return found;
  };

  return [
    route('GET', '', (_, __, operator) => {
      const overview: ServerOverview = {
        type: 'server',
        operator,
        software: context.software,
        protocol: PROTOCOL_VERSION,
        enrolment: context.enrolment,
        clients: clients.counts(),
        present: availability.known,
        openChannels: wakes.open,
        openRuns: [...federation.runs.keys()],
        models: modelNames,
        datasets: DATASET_NAMES,
      };
      return jsonResponse(overview);
    }),
    route('GET', '/clients', (request) => {
      const query = queryOf(request);
      const after = numberIn(query, 'after') ?? -1;
      const limit = limitIn(query);
      const status = v.safeParse(v.optional(statusSchema), query.get('status') ?? undefined);
      if (!status.success) throw new Refusal('bad-request', 'status must be pending, approved or revoked');
      const population = query.get('population');
      const found = clients
        .list({
          ...(status.output ? { status: status.output } : {}),
          ...(population === null ? {} : { population }),
        })
        .filter(({ index }) => index > after);
      const items = found.slice(0, limit).map(viewOf);
      const next = found.length > limit ? (items.at(-1)?.index ?? null) : null;
      return jsonResponse({ items, next } satisfies Page<ClientView>);
    }),
    route('GET', '/clients/:client', (_, path) => jsonResponse(viewOf(clientAt(path)))),
    route('POST', '/clients/:client/approve', async (_, path, operator) =>
      jsonResponse(viewOf(await clients.approve(clientAt(path).keyId, operatorActor(operator)))),
    ),
    route('POST', '/clients/:client/revoke', async (_, path, operator) => {
      const record = await clients.revoke(clientAt(path).keyId, operatorActor(operator));
      // From here on its requests are refused; what it is in the middle of ends too.
      federation.drop(record.index, 'an operator has revoked the client');
      return jsonResponse(viewOf(record));
    }),
    route('DELETE', '/clients/:client', async (_, path, operator) => {
      const { keyId, index } = clientAt(path);
      await clients.forget(keyId, operatorActor(operator));
      federation.drop(index, 'an operator has deleted the client');
      return jsonResponse({ forgotten: true });
    }),
    route('GET', '/invitations', () => jsonResponse({ items: invitations.list(), next: null })),
    route('POST', '/invitations', async (request, _, operator) => {
      const { population, uses, expiresInMs } = await readJson(request, invitationSchema, false);
      const asked = {
        population,
        ...(uses === undefined ? {} : { uses }),
        ...(expiresInMs === undefined ? {} : { expiresInMs }),
      };
      return jsonResponse(await invitations.invite(asked, operatorActor(operator)), 201);
    }),
    route('DELETE', '/invitations/:id', async (_, path, operator) =>
      jsonResponse(await invitations.withdraw(idIn(path), operatorActor(operator))),
    ),
    route('GET', '/operators', () => jsonResponse({ items: operators.list(), next: null })),
    route('POST', '/operators', async (request, _, operator) => {
      const asked = await readJson(request, operatorSchema, false);
      return jsonResponse(await operators.add(asked, operatorActor(operator)), 201);
    }),
    route('DELETE', '/operators/:id', async (_, path, operator) =>
      jsonResponse(await operators.revoke(idIn(path), operatorActor(operator))),
    ),
    route('GET', '/audit', (request) => {
      const query = queryOf(request);
      const limit = limitIn(query);
      const bounds = Object.fromEntries(
        (['from', 'to', 'before'] as const).flatMap((name) => {
          const value = numberIn(query, name);
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
      const items = audit.read({ ...bounds, limit });
      return jsonResponse({ items, next: items.length < limit ? null : (items.at(-1)?.id ?? null) });
    }),
  ];
}

/** What stands behind the question mark. */
export function queryOf({ target }: ServerRequest): URLSearchParams {
  return new URLSearchParams(target.split('?')[1] ?? '');
}

/** A whole number from 0; undefined where there is none of that name. @throws {Refusal} 'bad-request'. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Refusal('bad-request', `${name} must be a whole number from 0`);
}

function limitIn(query: URLSearchParams): number {
  const limit = numberIn(query, 'limit') ?? 100;
  if (limit >= 1 && limit <= MOST_ENTRIES) return limit;
  throw new Refusal('bad-request', `limit must be from 1 to ${MOST_ENTRIES}, got ${limit}`);
}

function idIn({ id = '' }: PathParameters): number {
  if (/^\d{1,9}$/.test(id)) return Number(id);
  throw new Refusal('bad-request', 'the id must be a whole number');
}
