/** Plays those who hold what others need: slow headers and bodies, many connections, more requests than a client makes. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PATHS } from '../../src/protocol/paths.js';
import { createNodeServer, defaultConnectionLimits } from '../../src/server/node-adapter.js';
import { type AttackedRun, startAttackedRun } from '../helpers/attacked-run.js';
import { startFederation, type TestFederation } from '../helpers/federation.js';
import { jsonOf, rawClient, report } from '../helpers/raw-clients.js';
import { bytesOf, parseAnswers, problemOf, type RawAnswer, sendRaw } from '../helpers/raw-http.js';

const open: { close(): Promise<void> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((each) => each.close()));
});
async function federation(): Promise<TestFederation> {
  const started = await startFederation();
  open.push(started);
  return started;
}
async function attackedRun(): Promise<AttackedRun> {
  const started = await startAttackedRun();
  open.push(started);
  return started;
}

/** Sends, keeps the connection open, and says what comes. */
function hold(
  url: string,
  bytes: Uint8Array | string,
): { answer: Promise<RawAnswer | null>; socket: Socket } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  sockets.push(socket);
  let received = Buffer.alloc(0);
  const answer = new Promise<RawAnswer | null>((resolve) => {
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const [first] = parseAnswers(received).answers;
      if (first) resolve(first);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(null));
  });
  return { answer, socket };
}

const checkIn = { target: PATHS.checkIn, json: { encodings: ['float32'] } };

describe('a server that is kept waiting', () => {
  it.each([
    ['header', 60_000, 'GET /v1 HTTP/1.1\r\nhost: x\r\nx: '],
    [
      'body',
      400,
      'POST /v1/clients HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\r\ncontent-length: 100\r\n\r\n{',
    ],
  ])('ends a connection whose %s does not come', async (_, requestTimeoutMs, begun) => {
    const { server } = await federation();
    const limits = {
      ...defaultConnectionLimits,
      headerTimeoutMs: 200,
      requestTimeoutMs,
      checkIntervalMs: 50,
    };
    const http = createNodeServer(server.handler, undefined, limits);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    open.push({ close: async () => void http.close() });
    const url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
    const slow = hold(url, begun);
    const drip = setInterval(() => slow.socket.write('a'), 20);
    expect(problemOf(await slow.answer).status).toBe(408);
    clearInterval(drip);
    expect((await sendRaw(url, 'GET /v1 HTTP/1.1\r\nhost: x\r\n\r\n'))?.status).toBe(200);
  });

  it('lets the others of a round through while one holds a place', async () => {
    const { round, url, mallory } = await attackedRun();
    await round(async ({ task, evil }) => {
      const upload = bytesOf(await mallory.make(report(mallory, task, evil)));
      hold(url, upload.subarray(0, 100_000));
    });
  });

  it('takes a few uploads of one client at once, and says when to come back', async () => {
    const { url, round } = await attackedRun();
    const greedy = await rawClient(url);
    await round(async ({ task, evil }) => {
      const upload = async () => bytesOf(await greedy.make(report(greedy, task, evil)));
      for (let count = 0; count < 4; count++) hold(url, (await upload()).subarray(0, 50_000));
      let refused: RawAnswer | null = null;
      while (refused?.status !== 429) refused = await hold(url, await upload()).answer;
      expect(problemOf(refused).detail).toMatch(/4 uploads at once/);
      expect(refused.headers['retry-after']).toBe('1');
      // A place is free again when one has gone.
      sockets.at(0)?.destroy();
      let receipt: RawAnswer | null = null;
      while (receipt?.status !== 200) receipt = await hold(url, await upload()).answer;
      expect(jsonOf(receipt)).toMatchObject({ outcome: 'dropped' });
    });
  });

  it('keeps few wake-up channels of one client, the newest', async () => {
    const { url, server } = await federation();
    const { wakes } = server.federation;
    const [greedy, modest] = [await rawClient(url), await rawClient(url)];
    const stream = { target: PATHS.wake, headers: { accept: 'text/event-stream' } };
    const first = hold(url, bytesOf(await modest.make(stream)));
    const oldest = hold(url, bytesOf(await greedy.make(stream)));
    for (let count = 0; count < 20; count++) {
      const { socket } = hold(url, bytesOf(await greedy.make(stream)));
      await new Promise((resolve) => socket.once('data', resolve));
    }
    // Its stream has an end.
    expect((await oldest.answer)?.status).toBe(200);
    expect(wakes.open).toBe(5);
    expect(wakes.isPresent(0) && wakes.isPresent(1)).toBe(true);
    expect(first.socket.destroyed).toBe(false);
  });

  it('answers a poll once, however often it is called meanwhile', async () => {
    const { url, server, failures } = await federation();
    const client = await rawClient(url);
    const { wakes } = server.federation;
    const polls = Array.from(
      { length: 3 },
      async () => hold(url, bytesOf(await client.make({ target: `${PATHS.wake}?wait=30` }))).answer,
    );
    while (wakes.open < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let call = 0; call < 5; call++) wakes.wake(0);
    for (const answer of await Promise.all(polls)) expect(jsonOf(answer)).toEqual({ type: 'wake' });
    expect(failures).toEqual([]);
  });

  it('takes so many requests of one client, and others all the same', async () => {
    const { url } = await federation();
    const [greedy, modest] = [await rawClient(url), await rawClient(url)];
    const requests = await Promise.all(
      Array.from({ length: 1000 }, () => greedy.make({ target: `${PATHS.wake}?wait=0` })),
    );
    const { socket } = hold(url, Buffer.concat(requests.map(bytesOf)));
    const refused = await new Promise<RawAnswer | null>((resolve) => {
      let received = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        const found = parseAnswers(received).answers.find(({ status }) => status === 429);
        if (found) resolve(found);
      });
      socket.on('close', () => resolve(null));
    });
    expect(problemOf(refused).status).toBe(429);
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    jsonOf(await modest.send(checkIn));
  });

  it('takes so many enrolments of one network, which has many addresses', async () => {
    const { server } = await federation();
    const enrol = async (remoteAddress: string) =>
      (
        await server.handler({
          ...{ method: 'POST', target: PATHS.clients, authority: 'x', headers: {}, remoteAddress },
          body: () => () => {},
          onClose: () => {},
        })
      ).status;
    const statuses = new Set<number>();
    for (let count = 0; count < 600; count++) statuses.add(await enrol(`2001:db8::${count.toString(16)}`));
    expect([...statuses].sort()).toEqual([415, 429]);
    expect(await enrol('2001:db8:1::1')).toBe(415);
  });
});
