/**
 * The floor for bench/network.ts: bare `node:http` that moves what a round moves. Each client posts a small question
 * and puts its update, on a connection of its own; the model is fetched once. Server and clients check digests or not.
 */
import { createHash } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import { answer } from './answer.mjs';

const TASK_BYTES = 900;
const task = JSON.stringify({ type: 'task', padding: 'x'.repeat(TASK_BYTES) });
const question = JSON.stringify({ encodings: ['float32'], exampleCount: 600, heldOutCount: 0 });
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
let model = Buffer.alloc(0);

const server = createServer({ noDelay: true }, (asked, answered) => {
  if (asked.method === 'GET') return answered.end(model);
  const expected = asked.headers['x-sha256'];
  const hash = expected === undefined ? undefined : createHash('sha256');
  let size = 0;
  asked.on('data', (chunk) => {
    size += chunk.length;
    hash?.update(chunk);
  });
  asked.on('end', () => {
    if (hash && hash.digest('hex') !== expected) answered.statusCode = 400;
    if (asked.method === 'POST') return answered.end(task);
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

let agents = [];
let update = Buffer.alloc(0);

answer({
  async listen({ bytes }) {
    model = Buffer.alloc(bytes, 1);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  },
  connect({ clients, bytes }) {
    agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, noDelay: true }));
    update = Buffer.alloc(bytes, 1);
  },
  /** The first round is for warming up, like that of the framework. */
  async rounds({ port, rounds, hashed }) {
    for (let round = 0; round < rounds; round++) {
      await fetchModel(agents[0], port, update, hashed);
      await Promise.all(
        agents.map(async (agent) => {
          await send(agent, port, 'POST', '/check-in', Buffer.from(question));
          const headers = hashed ? { 'x-sha256': digest(update) } : {};
          await send(agent, port, 'PUT', '/update', update, headers);
        }),
      );
    }
  },
});
