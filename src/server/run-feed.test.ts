/** Tests of following a run: all of a long log, what is not in the log, and peers that do not read. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActivityBoard } from '../round/activity-board.js';
import type { OpenRoundState } from './control-messages.js';
import { createNodeServer, defaultConnectionLimits } from './node-adapter.js';
import { createRunFeed, type RunFeed } from './run-feed.js';

const MEGABYTE = 1024 * 1024;

let folder: string;
let log: string;
let feed: RunFeed;
let http: Server;
let url: string;
/** Bytes that followers were handed. */
let poured: number;
/** Requests that were taken. */
let answered: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-feed-'));
  log = join(folder, 'events.jsonl');
  feed = createRunFeed();
  poured = 0;
  answered = 0;
  const handler: Parameters<typeof createNodeServer>[0] = async (request) => {
    const query = new URL(request.target, 'http://localhost').searchParams;
    const types = query.get('types')?.split(',');
    // As where an identity provider is asked first.
    if (query.has('late')) await new Promise((resolve) => setTimeout(resolve, 200));
    answered++;
    const wanted = { runId: 'a', directory: folder, since: Number(query.get('since') ?? 0) };
    const answer = feed.stream({ ...wanted, ...(types ? { types: new Set(types) } : {}) }, request);
    return { ...answer, body: counted(answer.body as AsyncIterable<string>) };
  };
  http = createNodeServer(handler, undefined, { ...defaultConnectionLimits, stallMs: 1_000 });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  feed.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function* counted(parts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const part of parts) {
    poured += part.length;
    yield part;
  }
}

const trained = (index: number) => ({
  ...{ type: 'client-trained', round: 1 + Math.floor(index / 100), clientId: index % 100 },
  ...{ exampleCount: 10, steps: 1, loss: 1, trainMs: 1, padding: 'x'.repeat(60) },
});
const lines = (events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const logged = async (...events: readonly object[]) => {
  await appendFile(log, lines(events));
  for (const _ of events) feed.note('a');
};

/** What a follower has heard until `enough` says so, or the end. */
async function follow(
  query: string,
  enough: (heard: readonly EventSourceMessage[]) => boolean = () => false,
  onPart: () => Promise<void> = async () => {},
): Promise<EventSourceMessage[]> {
  const heard: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => heard.push(event) });
  const leave = new AbortController();
  const answer = await fetch(`${url}/?${query}`, { signal: leave.signal });
  const decoder = new TextDecoder();
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    parser.feed(decoder.decode(part, { stream: true }));
    if (enough(heard)) break;
    await onPart();
  }
  leave.abort();
  return heard;
}

/** Asks, and never reads. */
function deadReader(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      resolve(socket);
    });
    socket.pause();
  });
}

describe('following a run', () => {
  it('brings all of 100,000 events, also to one who reads slowly', async () => {
    const events = Array.from({ length: 100_000 }, (_, index) => trained(index));
    await writeFile(log, lines(events));
    feed.begin('a', events.length);
    let waits = 0;
    const heard = await follow(
      '',
      ({ length }) => length === events.length,
      async () => {
        // Longer in all than a peer that takes nothing is waited for.
        if (++waits % 10 === 0 && waits < 700) await new Promise((resolve) => setTimeout(resolve, 20));
      },
    );
    expect(heard.length).toBe(100_000);
    expect(heard.every(({ id }, index) => id === String(index + 1))).toBe(true);
    expect(JSON.parse(heard.at(-1)?.data ?? '')).toEqual(events.at(-1));
  }, 90_000);

  it('lets go of one who does not read, with little in memory', async () => {
    const count = 120_000;
    await writeFile(log, lines(Array.from({ length: count }, (_, index) => trained(index))));
    feed.begin('a', count);
    const socket = await deadReader();
    await expect.poll(() => feed.isFollowed('a'), { timeout: 30_000 }).toBe(true);
    // What is in the buffers of two sockets on the way, and no more.
    await expect.poll(() => feed.isFollowed('a'), { timeout: 60_000 }).toBe(false);
    expect(poured).toBeGreaterThan(0);
    expect(poured).toBeLessThan(12 * MEGABYTE);
    socket.destroy();
  }, 90_000);

  it('does not wait for one who has left before the answer began', async () => {
    await writeFile(log, lines([trained(0)]));
    feed.begin('a', 1);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /?late=1 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(1);
    expect(feed.isFollowed('a')).toBe(false);
  });

  it('goes on with each event as it is logged, from any on, and ends with the run', async () => {
    await writeFile(log, lines([trained(0), trained(1)]));
    feed.begin('a', 2);
    const heard = follow('since=1');
    await expect.poll(() => feed.isFollowed('a')).toBe(true);
    await logged(trained(2));
    await logged(trained(3), trained(4));
    feed.end('a');
    expect((await heard).map(({ id, event }) => id ?? event)).toEqual(['2', '3', '4', '5', 'over']);
    await expect.poll(() => feed.isFollowed('a')).toBe(false);
  });

  it('tells nothing that is in the file and may still be taken back', async () => {
    await writeFile(log, lines([trained(0), trained(1)]));
    feed.begin('a', 1);
    const heard = follow('', ({ length }) => length === 2);
    await expect.poll(() => poured).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = poured;
    feed.note('a');
    expect((await heard).map(({ id }) => id)).toEqual(['1', '2']);
    expect(poured).toBeGreaterThan(before);
  });

  it('brings only events of the types that are asked for, with the numbers of the log', async () => {
    const round = { type: 'round-finished', round: 1 };
    await writeFile(log, lines([trained(0), round, trained(1), { type: 'run-finished' }]));
    const heard = await follow('types=round-finished,run-finished');
    expect(heard.map(({ id, event }) => id ?? event)).toEqual(['2', '4', 'over']);
  });

  it('begins anew for one who has seen more than there is since the log was cut', async () => {
    await writeFile(log, lines([trained(0), trained(1)]));
    expect((await follow('since=7')).map(({ id, event }) => id ?? event)).toEqual(['1', '2', 'over']);
    feed.begin('a', 2);
    const open = await follow('since=7', ({ length }) => length === 2);
    expect(open.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('says that a log cannot be read', async () => {
    await writeFile(log, 'no event\n');
    expect((await follow('types=round-finished')).map(({ event }) => event)).toEqual(['unreadable']);
  });

  it('brings the open round so far, then each change, and how the round stands', async () => {
    await writeFile(log, lines([trained(0)]));
    const board = createActivityBoard();
    let state = { phase: 'training', round: 2, waiting: 2, available: 5 } as OpenRoundState;
    board.begin(1, [1], 100);
    board.begin(2, [1, 2], 200);
    board.note(2, 'training', 210);
    feed.begin('a', 1);
    feed.attach('a', { board, state: () => state });
    const heard = follow('', (all) =>
      all.some(({ event, data }) => event === 'state' && data.includes('"waiting":1')),
    );
    await expect.poll(() => poured).toBeGreaterThan(300);
    board.note(2, 'done', 220);
    state = { ...state, waiting: 1 };
    feed.stir('a');
    const told = await heard;
    expect(told.map(({ id, event }) => id ?? event)).toEqual([
      ...['1', 'activity', 'activity', 'activity', 'state'],
      ...['activity', 'state'],
    ]);
    expect(told.slice(1, 4).map(({ data }) => JSON.parse(data))).toEqual([
      { round: 2, clientId: 1, phase: 'selected', at: 200 },
      { round: 2, clientId: 2, phase: 'selected', at: 200 },
      { round: 2, clientId: 2, phase: 'training', at: 210 },
    ]);
    expect(JSON.parse(told[5]?.data ?? '')).toMatchObject({ clientId: 2, phase: 'done' });
    expect(JSON.parse(told[4]?.data ?? '')).toMatchObject({ waiting: 2, available: 5 });
  });

  it('tells how the round stands at most four times a second, however often it changes', async () => {
    await writeFile(log, '');
    const board = createActivityBoard();
    let waiting = 1000;
    feed.begin('a', 0);
    feed.attach('a', { board, state: () => ({ waiting: waiting-- }) as OpenRoundState });
    const stirring = setInterval(() => feed.stir('a'), 1);
    const leave = setTimeout(() => feed.end('a'), 1_100);
    const heard = await follow('');
    clearInterval(stirring);
    clearTimeout(leave);
    const states = heard.filter(({ event }) => event === 'state').length;
    expect(states).toBeGreaterThan(1);
    expect(states).toBeLessThanOrEqual(6);
  });

  it('ends without a word when the server goes down', async () => {
    await writeFile(log, lines([trained(0)]));
    feed.begin('a', 1);
    const heard = follow('');
    await expect.poll(() => poured).toBeGreaterThan(0);
    feed.close();
    expect((await heard).map(({ id, event }) => id ?? event)).toEqual(['1']);
  });
});
