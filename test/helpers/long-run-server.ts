/** The dashboard before a made-up run that goes on round by round, as fast as a test wants it to. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Activity } from '../../src/round/activity.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { PHASES } from '../../web/src/dashboard/state/round-timeline.js';
import { builtPages } from './dashboard.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** A server of one run. */
export interface LongRunServer {
  readonly url: string;
  /** Logs all events up to the end of a round, with what the clients of the round did. */
  finishRound(round: number): void;
  close(): Promise<void>;
}

/** @param events the whole log; up to the end of round `done` it is there from the beginning */
export async function serveLongRun(
  events: readonly RunEvent[],
  done: number,
  clients: number,
): Promise<LongRunServer> {
  const ends = new Map(
    events.flatMap((event, at) => (event.type === 'round-finished' ? [[event.round, at]] : [])),
  );
  let logged = (ends.get(done) ?? 0) + 1;
  const streams = new Set<ServerResponse>();
  const textOf = (event: RunEvent, at: number) => `id: ${at + 1}\ndata: ${JSON.stringify(event)}\n\n`;
  // As the page asks for it.
  const isFollowed = ({ type }: RunEvent) => type !== 'client-trained';
  const textFrom = (from: number, to: number) =>
    events
      .slice(from, to)
      .map((event, at) => (isFollowed(event) ? textOf(event, from + at) : ''))
      .join('');

  const stream = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(textFrom(0, logged));
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };
  const answers: Readonly<Record<string, () => unknown>> = {
    '/v1/control': () => ({
      ...{ type: 'server', operator: { name: 'first', role: 'operator' }, software: 'test', protocol: '1.1' },
      ...{ enrolment: 'open', clients: { pending: 0, approved: clients, revoked: 0 }, present: clients },
      ...{ openChannels: 0, openRuns: ['long'], models: [], datasets: [] },
    }),
    '/v1/control/runs/long': () => ({
      ...{ runId: 'long', status: 'running', type: 'served', model: '2nn', round: done, rounds: ends.size },
      ...{ loss: null, accuracy: null, reason: null, failure: null, population: 'default' },
      ...{ config: { model: '2nn' }, eventCount: events.length, events: [], models: [] },
    }),
    '/v1/control/runs/long/clients': () => ({ items: [], next: null }),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/v1/control/runs/long/events') return stream(response);
    const json = answers[pathname];
    if (json)
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json()));
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const body = await readFile(join(builtPages.web, name)).catch(() => undefined);
    return response
      .writeHead(body ? 200 : 404, { 'content-type': TYPES[extname(name)] ?? 'text/plain' })
      .end(body);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    finishRound(round) {
      const to = (ends.get(round) ?? 0) + 1;
      const text = activityText(round, clients) + textFrom(logged, to) + stateText(round, clients);
      logged = to;
      for (const response of streams) response.write(text);
    },
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

/** Every client on its way from being selected to being done, one of them late. */
function activityText(round: number, clients: number): string {
  const way = PHASES.slice(0, 5);
  const activities = way.flatMap((phase, step) =>
    Array.from({ length: clients }, (_, clientId): Activity => {
      const at = Date.now() - 1000 + step * 200 + clientId;
      return { round, clientId, phase: phase === 'done' && clientId === 0 ? 'late' : phase, at };
    }),
  );
  return activities.map((activity) => `event: activity\ndata: ${JSON.stringify(activity)}\n\n`).join('');
}

function stateText(round: number, clients: number): string {
  const state = { phase: 'training', round, goal: clients, failures: 0, cohort: clients, waiting: 0 };
  const counts = { trained: clients, failed: 0, available: clients };
  return `event: state\ndata: ${JSON.stringify({ ...state, ...counts })}\n\n`;
}
