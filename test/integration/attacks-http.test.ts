/** Plays those who send what is no proper HTTP, or too much of it: each is answered with a problem, nobody else notices. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobPath, PATHS } from '../../src/protocol/paths.js';
import { type AttackedRun, startAttackedRun } from '../helpers/attacked-run.js';
import { jsonOf, report } from '../helpers/raw-clients.js';
import {
  bytesOf,
  parseAnswers,
  problemOf,
  type RawAnswer,
  type RawRequest,
  sendRaw,
} from '../helpers/raw-http.js';

let attacked: AttackedRun;
let host = '';
beforeAll(async () => {
  attacked = await startAttackedRun();
  host = new URL(attacked.url).host;
});
afterAll(() => attacked.close());

function refused(answer: RawAnswer | null, status: number): void {
  const problem = problemOf(answer);
  expect(problem.status, problem.detail).toBe(status);
}

const checkIn = { target: PATHS.checkIn, json: { encodings: ['float32'] } };
const without = (request: RawRequest, name: string): RawRequest => {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers };
};

describe('a server that is sent odd HTTP', () => {
  it.each<[string, number, (host: string) => string]>([
    ['random bytes', 400, () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
    ['no version', 400, () => 'GET /v1\r\n\r\n'],
    ['HTTP/2 in the clear', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no host', 400, () => 'GET /v1 HTTP/1.1\r\n\r\n'],
    ['two hosts', 400, (at) => `GET /v1 HTTP/1.1\r\nhost: ${at}\r\nhost: other\r\n\r\n`],
    ['an absolute target', 400, (at) => `GET http://${at}/v1 HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['a target that is no path', 400, (at) => `OPTIONS * HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['a tunnel', 400, (at) => `CONNECT ${at} HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['an endless target', 400, (at) => `GET /v1/${'a'.repeat(9000)} HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['a method that is none', 400, (at) => `GRAB /v1 HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['another method', 405, (at) => `DELETE /v1 HTTP/1.1\r\nhost: ${at}\r\n\r\n`],
    ['a header flood', 431, (at) => `GET /v1 HTTP/1.1\r\nhost: ${at}\r\n${'x: y\r\n'.repeat(1000)}\r\n`],
    [
      'one header that is too long',
      431,
      (at) => `GET /v1 HTTP/1.1\r\nhost: ${at}\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
    ],
    ['a folded header', 400, (at) => `GET /v1 HTTP/1.1\r\nhost: ${at}\r\nx: y\r\n z\r\n : q\r\n\r\n`],
    ['a blank before the colon', 400, (at) => `GET /v1 HTTP/1.1\r\nhost: ${at}\r\nx : y\r\n\r\n`],
    [
      'two lengths',
      400,
      (at) =>
        `POST /v1/check-in HTTP/1.1\r\nhost: ${at}\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
    ],
    [
      'a length and chunks',
      400,
      (at) =>
        `POST /v1/check-in HTTP/1.1\r\nhost: ${at}\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks that are not last',
      400,
      (at) =>
        `POST /v1/check-in HTTP/1.1\r\nhost: ${at}\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a negative length',
      400,
      (at) => `POST /v1/check-in HTTP/1.1\r\nhost: ${at}\r\ncontent-length: -1\r\n\r\n`,
    ],
    [
      'a length beyond numbers',
      400,
      (at) => `POST /v1/check-in HTTP/1.1\r\nhost: ${at}\r\ncontent-length: 99999999999999999999999\r\n\r\n`,
    ],
    [
      'a chunk that is none',
      400,
      (at) =>
        `POST /v1/clients HTTP/1.1\r\nhost: ${at}\r\ncontent-type: application/json\r\ncontent-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    ],
    [
      'an unknown expectation',
      401,
      (at) => `GET /v1/wake HTTP/1.1\r\nhost: ${at}\r\nexpect: miracles\r\n\r\n`,
    ],
  ])('refuses %s', async (_, status, make) => {
    refused(await sendRaw(attacked.url, make(host)), status);
  });

  it('answers a client of HTTP/1.0, which names no host', async () => {
    const answer = await sendRaw(attacked.url, 'GET /v1 HTTP/1.0\r\n\r\n');
    expect(answer?.status).toBe(200);
  });

  it.each([
    '/v1/runs/..%2f..%2fserver.db/rounds/1/updates/me',
    '/v1/runs/../../etc/passwd/rounds/1/updates/me',
    '/v1/blobs/..%2F..%2Fserver.db',
    '/v1/blobs/%00',
    '/v1/blobs/%zz',
    '/v1/blobs/%ff%fe',
    `/v1/blobs/${'0'.repeat(64)}`,
    `/v1/blobs/${'f'.repeat(2000)}`,
    '/v1//blobs//',
    '/v1;/x',
    '/v1/blobs/__proto__',
    '/v1/runs/constructor/rounds/1/updates/hasOwnProperty',
  ])('finds nothing at %s', async (target) => {
    const answer = await sendRaw(attacked.url, `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    expect([404, 405]).toContain(problemOf(answer).status);
  });

  it('keeps to its own runs and rounds whatever a path says', async () => {
    const { mallory } = attacked;
    const put = (run: string, round: string) =>
      mallory.send({
        method: 'PUT',
        target: `/v1/runs/${run}/rounds/${round}/updates/${mallory.clientId}`,
        headers: { 'content-type': 'application/vnd.safetensors' },
        body: Buffer.from('update'),
      });
    for (const run of ['..%2f..', '%00', '__proto__', 'constructor', 'attacked%2f..'])
      refused(await put(run, '1'), 410);
    for (const round of ['-1', '1.5', '1e3', '%31x', 'NaN', '0x1', '9999999999'])
      refused(await put('attacked', round), 400);
  });

  it('serves no range that a blob does not have, and few words for absurd ones', async () => {
    await attacked.round(async ({ task }) => {
      const ask = (range: string) =>
        sendRaw(
          attacked.url,
          `GET ${blobPath(task.params.sha256)} HTTP/1.1\r\nhost: ${host}\r\nrange: ${range}\r\n\r\n`,
        );
      const size = task.params.bytes;
      for (const range of [`bytes=${size}-`, 'bytes=999999999999999-', 'bytes=-0', 'bytes=9-3'])
        refused(await ask(range), 416);
      expect((await ask('bytes=0-0'))?.bytes.length).toBe(1);
      expect((await ask(`bytes=-${size * 2}`))?.bytes.length).toBe(size);
      for (const odd of ['bytes=a-b', 'lines=1-2', `bytes=${'0-1,'.repeat(500)}0-1`, 'bytes=-']) {
        expect((await ask(odd))?.status).toBe(200);
      }
    });
  });

  it('reads no body that is compressed, too long, of no known length, or of another kind', async () => {
    const { mallory, url } = attacked;
    await attacked.round(async ({ task, evil }) => {
      const upload = report(mallory, task, evil);
      const gzip = await mallory.send({
        ...upload,
        headers: { ...upload.headers, 'content-encoding': 'gzip' },
      });
      refused(gzip, 415);
      refused(await mallory.send({ ...checkIn, headers: { 'content-encoding': 'gzip' } }), 415);
      const json = { ...upload, headers: { 'content-type': 'text/plain' } };
      refused(await mallory.send(json), 415);
      const long = { ...upload, headers: { ...upload.headers, 'content-length': String(2 ** 40) } };
      refused(await sendRaw(url, await mallory.make(long)), 413);
      const chunked = await mallory
        .make({
          ...upload,
          body: new Uint8Array(0),
          headers: {
            ...upload.headers,
            'transfer-encoding': 'chunked',
            'content-length': '5',
            'repr-digest': 'sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:',
          },
        })
        .then((request) => without(request, 'content-length'));
      expect([400, 401]).toContain(
        problemOf(
          await sendRaw(url, Buffer.concat([bytesOf(chunked), Buffer.from('5\r\nabcde\r\n0\r\n\r\n')])),
        ).status,
      );
    });
    const endless = await mallory.make({ ...checkIn, headers: { 'content-length': String(2 ** 30) } });
    refused(await sendRaw(url, endless), 413);
  });

  it('answers a body in chunks that goes on for ever', async () => {
    const { url } = attacked;
    const head = `POST /v1/clients HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    refused(await sendRaw(url, head + chunk.repeat(200)), 413);
  });

  it('answers 100 Continue, and takes what comes then', async () => {
    const { mallory, url } = attacked;
    const request = await mallory.make({ ...checkIn, headers: { expect: '100-continue' } });
    jsonOf(await sendRaw(url, request));
  });

  it('answers what came before bytes that are no HTTP, in order and whole', async () => {
    const { mallory, url } = attacked;
    const one = await mallory.make(checkIn);
    const bytes = Buffer.concat([
      bytesOf(one),
      Buffer.from('GET /v1 HTTP/1.1\r\nhost: x\r\n\r\n\u0000\u0001garbage\r\n\r\n'),
    ]);
    const { hostname, port } = new URL(url);
    const received = await new Promise<Buffer>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(Buffer.concat(chunks)));
    });
    const { answers, end } = parseAnswers(received);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(end).toBe(received.length);
  });

  it('goes on for the others after all of this', async () => {
    await attacked.round(async () => {});
  });
});
