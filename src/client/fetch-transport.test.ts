/** A transport on `fetch`: connections that nobody ends. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { TransportError } from '../errors.js';
import { createFetchTransport } from './fetch-transport.js';
import { readAll } from './transport.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
const get = { method: 'GET', target: '/', headers: {} };

it('gives an answer up that does not begin', async () => {
  const transport = createFetchTransport(await serve(() => {}), { idleTimeoutMs: 50 });
  await expect(transport.request(get)).rejects.toThrow(/^http:.* could not be reached: no byte for 50 ms$/);
});

it('gives an answer up that stops in the middle, and not one that is slow', async () => {
  const url = await serve(async (_, response) => {
    for (let part = 0; part < 8; part++) {
      response.write('part');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  const { body } = await createFetchTransport(url, { idleTimeoutMs: 1_000 }).request(get);
  const chunks: Uint8Array[] = [];
  const reading = async () => {
    for await (const chunk of body) chunks.push(chunk);
  };
  await expect(reading()).rejects.toThrow(TransportError);
  expect(chunks.length).toBeGreaterThanOrEqual(8);
});

it('gives a long body the time that it takes', async () => {
  const url = await serve((request, response) => {
    setTimeout(() => request.resume().on('end', () => response.end('done')), 200);
  });
  const transport = createFetchTransport(url, { idleTimeoutMs: 50 });
  const body = new Uint8Array(32 * 1024);
  const answer = await transport.request({ method: 'PUT', target: '/', headers: {}, body });
  expect(new TextDecoder().decode(await readAll(answer.body, 10))).toBe('done');
});
