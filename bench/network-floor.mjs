/**
 * The floor for bench/network.ts: bare `node:http` that moves what a round moves. Each client is called with its task
 * over a stream and puts its update, on two connections of its own; the model is fetched once. Server and clients check
 * digests or not.
 */
import { createHash } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import { answer } from './answer.mjs';

const TASK_BYTES = 900;
const task = JSON.stringify({ type: 'task', padding: 'x'.repeat(TASK_BYTES) });
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
let model = Buffer.alloc(0);
const streams = new Set();

const server = createServer({ noDelay: true }, (asked, answered) => {
  if (asked.url === '/wake') {
    streams.add(answered);
    return answered.write(': here');
  }
  if (asked.method === 'GET') return answered.end(model);
  if (asked.method === 'POST') {
    for (const stream of streams) stream.write(task);
    return answered.end();
  }
  const expected = asked.headers['x-sha256'];
  const hash = expected === undefined ? undefined : createHash('sha256');
  let size = 0;
  asked.on('data', (chunk) => {
    size += chunk.length;
    hash?.update(chunk);
  });
  asked.on('end', () => {
    if (hash && hash.digest('hex') !== expected) answered.statusCode = 400;
    answered.end(JSON.stringify({ outcome: 'accepted', detail: `${size} bytes` }));
  });
});

function send(agent, port, method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers }, (response) => {
      let size = 0;
      response.on('data', (chunk) => {
        size += chunk.length;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(size) : reject(new Error(path))));
    });
    sent.on('error', reject);
    if (body) sent.setHeader('content-length', body.length);
    sent.end(body);
  });
}

/** The model, and its digest where that is asked for. */
function fetchModel(agent, port, into, hashed) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', path: '/model' }, (response) => {
      let at = 0;
      response.on('data', (chunk) => {
        into.set(chunk, at);
        at += chunk.length;
      });
      response.on('end', () => resolve(hashed ? digest(into) : ''));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Opens a stream on a connection of its own; `onCall` hears of each task. */
function listen(port, onCall) {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/wake' }, (response) => {
      resolve();
      response.on('data', (chunk) => chunk.length >= TASK_BYTES && onCall());
    });
    sent.on('error', reject);
    sent.end();
  });
}

let clients = [];
let update = Buffer.alloc(0);

answer({
  async listen({ bytes }) {
    model = Buffer.alloc(bytes, 1);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  },
  async connect({ clients: count, bytes, port }) {
    clients = Array.from({ length: count }, () => ({
      agent: new Agent({ keepAlive: true, noDelay: true }),
      onCall: () => {},
    }));
    await Promise.all(clients.map((client) => listen(port, () => client.onCall())));
    update = Buffer.alloc(bytes, 1);
  },
  /** The first round is for warming up, like that of the framework. */
  async rounds({ port, rounds, hashed }) {
    const [{ agent: first }] = clients;
    for (let round = 0; round < rounds; round++) {
      await fetchModel(first, port, update, hashed);
      const done = clients.map(async (client) => {
        await new Promise((resolve) => {
          client.onCall = resolve;
        });
        const headers = hashed ? { 'x-sha256': digest(update) } : {};
        await send(client.agent, port, 'PUT', '/update', update, headers);
      });
      await send(first, port, 'POST', '/go', Buffer.alloc(0));
      await Promise.all(done);
    }
  },
});
