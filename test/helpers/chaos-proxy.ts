/** A bad network: a TCP proxy that delays, drops, truncates, duplicates and reorders requests, as drawn from a seed. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../src/random.js';
import { createRequestSplitter } from './request-splitter.js';

/** How often each happens to a request, 0 to 1; together at most 1. */
interface ChaosRates {
  /** It, or its answer, comes late. */
  readonly delay: number;
  /** The connection is closed before it gets through, or before its answer does. */
  readonly drop: number;
  /** The connection is closed in the middle of it, or of its answer. */
  readonly truncate: number;
  /** It gets through twice: again later, or once before, over another connection. */
  readonly duplicate: number;
  /** It is held back until later ones of other connections have passed. */
  readonly reorder: number;
}

/** What happens to one request. `share` of its bytes gets through where it is truncated. */
type Fate =
  | { readonly type: 'pass' | 'drop' | 'drop-answer' | 'duplicate' | 'duplicate-first' }
  | { readonly type: 'delay' | 'delay-answer'; readonly ms: number }
  | { readonly type: 'truncate' | 'truncate-answer'; readonly share: number }
  /** So much gets through, and the connection stays. */
  | { readonly type: 'part'; readonly share: number }
  | { readonly type: 'reorder'; readonly behind: number };

export interface ChaosOptions {
  readonly targetPort: number;
  readonly seed: number;
  readonly rates?: Partial<ChaosRates>;
  readonly maxDelayMs?: number;
  /** Decides in place of the rates; undefined: they do. */
  readonly fateOf?: (request: Buffer) => Fate | undefined;
}

export interface ChaosProxy {
  readonly port: number;
  /** How many requests met each fate. */
  readonly counts: Readonly<Record<Fate['type'], number>>;
  /** All connections break, and none can be made for so long. */
  cut(ms: number): void;
  close(): Promise<void>;
}

/** What is held back passes after so long, where nothing comes by. */
const MAX_HELD_MS = 400;
/** Of an answer that is truncated: it breaks off in its header or in its first bytes. */
const MAX_ANSWER_BYTES = 1_000;

/** Listens on loopback, between clients and what listens on `targetPort` there. */
export async function startChaosProxy(options: ChaosOptions): Promise<ChaosProxy> {
  const { targetPort, fateOf, maxDelayMs = 150 } = options;
  const rates: ChaosRates = { delay: 0, drop: 0, truncate: 0, duplicate: 0, reorder: 0, ...options.rates };
  const random = seededRandom(options.seed, 'chaos proxy');
  const counts: Record<Fate['type'], number> = {
    ...{ pass: 0, drop: 0, 'drop-answer': 0, duplicate: 0, 'duplicate-first': 0 },
    ...{ delay: 0, 'delay-answer': 0, truncate: 0, 'truncate-answer': 0, reorder: 0, part: 0 },
  };
  const sockets = new Set<Socket>();
  const held = new Set<{ behind: number; pass: () => void }>();
  let openAt = 0;

  const draw = (): Fate => {
    const [at, half, size] = [random.float(), random.float() < 0.5, random.float()];
    const { drop, truncate, duplicate, reorder } = rates;
    if (at < drop) return { type: half ? 'drop' : 'drop-answer' };
    if (at < drop + truncate) return { type: half ? 'truncate' : 'truncate-answer', share: size };
    if (at < drop + truncate + duplicate) return { type: half ? 'duplicate' : 'duplicate-first' };
    if (at < drop + truncate + duplicate + reorder) return { type: 'reorder', behind: half ? 1 : 2 };
    if (at < drop + truncate + duplicate + reorder + rates.delay) {
      return { type: half ? 'delay' : 'delay-answer', ms: size * maxDelayMs };
    }
    return { type: 'pass' };
  };
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  /** Sends a request's bytes over a connection of their own; over when the answer begins. */
  const replay = async (request: Buffer): Promise<void> => {
    const again = track(connect(targetPort, '127.0.0.1'));
    again.write(request);
    const begun = new Promise((resolve) => again.once('data', resolve).once('close', resolve));
    await Promise.race([begun, delay(1_000)]);
    again.destroy();
  };
  const passed = () => {
    for (const each of held) if (--each.behind <= 0) each.pass();
  };
  const hold = (behind: number) =>
    new Promise<void>((resolve) => {
      const one = {
        behind,
        pass() {
          clearTimeout(timer);
          held.delete(one);
          resolve();
        },
      };
      const timer = setTimeout(one.pass, MAX_HELD_MS);
      held.add(one);
    });

  const carry = (client: Socket): void => {
    const server = track(connect(targetPort, '127.0.0.1'));
    let answerBytes = Number.POSITIVE_INFINITY;
    let answersAt = Promise.resolve();
    const end = () => {
      client.destroy();
      server.destroy();
    };
    client.on('close', end);
    server.on('close', () => void answersAt.then(end));
    server.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, answerBytes);
      answerBytes -= part.length;
      const last = answerBytes === 0;
      answersAt = answersAt.then(() => void client.write(part, last ? end : undefined));
    });
    const take = async (request: Buffer): Promise<void> => {
      const fate = fateOf?.(request) ?? draw();
      counts[fate.type]++;
      if (fate.type === 'drop') return end();
      if (fate.type === 'delay') await delay(fate.ms);
      if (fate.type === 'reorder') await hold(fate.behind);
      if (fate.type === 'duplicate-first') await replay(request);
      if (fate.type === 'drop-answer') server.once('data', end);
      if (fate.type === 'truncate-answer') answerBytes = 1 + Math.floor(fate.share * MAX_ANSWER_BYTES);
      if (fate.type === 'delay-answer') answersAt = answersAt.then(() => delay(fate.ms));
      if (fate.type === 'truncate' || fate.type === 'part') {
        const part = request.subarray(0, Math.floor(fate.share * request.length));
        server.write(part, fate.type === 'part' ? undefined : end);
        return;
      }
      server.write(request);
      passed();
      if (fate.type === 'duplicate') void delay(random.float() * maxDelayMs).then(() => replay(request));
    };
    const split = createRequestSplitter();
    let requests = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      for (const request of split(chunk)) requests = requests.then(() => take(request));
    });
  };

  const listener = createServer({ noDelay: true }, (client) => {
    track(client);
    if (performance.now() < openAt) client.destroy();
    else carry(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    counts,
    cut(ms) {
      openAt = performance.now() + ms;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
