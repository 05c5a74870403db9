/**
 * What a server counts, for Prometheus.
 *
 * Labels come from closed lists only: a label that a stranger could choose (a path, a client) would let strangers make
 * the server remember without end, and would put clients into the figures.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Receipt } from '../protocol/messages.js';
import type { ProblemCode } from '../protocol/problem.js';
import type { ClientStatus } from './client-record.js';

/** The counters of one server. `Route` are the templates of its routes, such as `PUT /v1/blobs/:sha256`. */
export interface ServerMetrics<Route extends string = string> {
  /** A request was answered; undefined: for a path that is none of the routes. */
  requestAnswered(answer: {
    readonly route: Route | undefined;
    readonly status: number;
    readonly durationMs: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  }): void;
  /** A request was refused, or failed. */
  problem(code: ProblemCode): void;
  /** A whole update arrived. */
  update(outcome: Receipt['outcome']): void;
  /** An update arrived, whole or in part, and was not taken. */
  updateRefused(code: ProblemCode): void;
  /** Uploads under way: +1 or -1. */
  uploads(change: 1 | -1): void;
  roundFinished(outcome: 'aggregated' | 'failed', durationMs: number): void;
  /** All of it in Prometheus's text format. */
  text(): Promise<string>;
  /** The media type of `text`. */
  readonly contentType: string;
}

/** From a check-in to a large model over a slow line, in seconds. */
const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];
/** From clients on loopback to phones over night, in seconds. */
const ROUND_SECONDS = [0.1, 0.5, 1, 5, 10, 60, 300, 1800, 3600, 21_600, 86_400];

const NO_ROUTE = 'none';
const STATUSES: readonly ClientStatus[] = ['pending', 'approved', 'revoked'];

/**
 * Counters in a registry of their own: several servers in one process do not meet.
 *
 * @param routes all templates there are; looked at with each request
 * @param state what is asked for when the text is
 */
export function createMetrics<Route extends string>(
  routes: readonly Route[],
  state: {
    /** How many clients there are of each status. */
    clients(): Readonly<Record<ClientStatus, number>>;
    /** Wake-up channels that are open. */
    channels(): number;
  },
): ServerMetrics<Route> {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `tessera_${name}`, help, labelNames, registers });

  const requests = counter('requests_total', 'Requests answered.', ['route', 'status']);
  const seconds = new Histogram({
    name: 'tessera_request_seconds',
    help: 'Time from the head of a request to its answer; of an event stream, to its beginning.',
    labelNames: ['route'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const received = counter('received_bytes_total', 'Bytes of bodies of requests that were taken.');
  const sent = counter('sent_bytes_total', 'Bytes of bodies of answers.');
  const problems = counter('problems_total', 'Requests refused or failed.', ['problem']);
  const updates = counter('updates_total', 'Updates that arrived.', ['outcome', 'problem']);
  const openUploads = new Gauge({ name: 'tessera_open_uploads', help: 'Uploads under way.', registers });
  new Gauge({
    name: 'tessera_open_channels',
    help: 'Wake-up channels that are open.',
    registers,
    collect() {
      this.set(state.channels());
    },
  });
  const rounds = counter('rounds_total', 'Rounds finished.', ['outcome']);
  const roundSeconds = new Histogram({
    name: 'tessera_round_seconds',
    help: 'Time of a finished round.',
    labelNames: ['outcome'],
    buckets: ROUND_SECONDS,
    registers,
  });
  new Gauge({
    name: 'tessera_clients',
    help: 'Clients known to the server.',
    labelNames: ['status'],
    registers,
    collect() {
      const counts = state.clients();
      for (const status of STATUSES) this.set({ status }, counts[status]);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_memory_bytes',
    help: 'Memory of the process by use; buffers are those outside of the heap.',
    labelNames: ['use'],
    registers,
    collect() {
      const { heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
      this.set({ use: 'heap-used' }, heapUsed);
      this.set({ use: 'heap-total' }, heapTotal);
      this.set({ use: 'buffers' }, arrayBuffers);
    },
  });

  return {
    requestAnswered: ({ route, status, durationMs, bytesIn, bytesOut }) => {
      const label = route !== undefined && routes.includes(route) ? route : NO_ROUTE;
      requests.inc({ route: label, status });
      seconds.observe({ route: label }, durationMs / 1000);
      received.inc(bytesIn);
      sent.inc(bytesOut);
    },
    problem: (problem) => problems.inc({ problem }),
    update: (outcome) => updates.inc({ outcome, problem: '' }),
    updateRefused: (problem) => updates.inc({ outcome: 'refused', problem }),
    uploads: (change) => openUploads.inc(change),
    roundFinished: (outcome, durationMs) => {
      rounds.inc({ outcome });
      roundSeconds.observe({ outcome }, durationMs / 1000);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
