/** Tests of the pages and of the files that they load, on a port. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AllowedOrigins } from './edge.js';
import { createFederationServer, type FederationServer, listen } from './server.js';

const MEGABYTE = 1024 * 1024;
/** Larger than what is kept as it is, and worth compressing. */
const wasm = Buffer.from('tessera '.repeat(MEGABYTE / 4));

let folder: string;
let server: FederationServer;
let http: Server;
let url: string;

async function open(allowOrigins: AllowedOrigins = []): Promise<void> {
  const [web, browser, ort] = ['web', 'browser', 'ort'].map((name) => join(folder, name));
  const pages = { web: web as string, browser: browser as string, ort: ort as string };
  server = await createFederationServer({ folder: join(folder, 'runs'), allowOrigins, pages });
  ({ server: http, url } = await listen(server.handler, {}));
}
async function close(): Promise<void> {
  const closed = new Promise((resolve) => http.close(resolve));
  http.closeAllConnections();
  await Promise.all([closed, server.close()]);
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-pages-'));
  const files: readonly [string, string | Buffer][] = [
    ['web/index.html', `<!doctype html><title>Runs</title>${' '.repeat(2000)}`],
    ['web/join.html', '<!doctype html><title>Join</title>'],
    ['web/assets/index-abc123.js', 'export {};'],
    ['web/assets/index-abc123.css', 'body { margin: 0 }'],
    ['web/secret.txt', 'not for browsers'],
    ['browser/tessera-participant.js', 'export {};'],
    ['browser/tessera-participant/learning-abc123.js', 'export {};'],
    ['ort/ort-wasm-simd-threaded.wasm', wasm],
    ['ort/ort-wasm-simd-threaded.mjs', 'export {};'],
    ['ort/ort.all.js', 'not asked for by anybody'],
  ];
  for (const [name, content] of files) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await open();
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

/** As sent: nothing is normalised on the way, nothing decoded. */
function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { path, headers, method }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) });
    });
    sent.on('error', reject).end();
  });
}

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

describe('the pages', () => {
  it('are served with a policy that lets nothing in from elsewhere, isolated from other pages', async () => {
    for (const [path, title] of [
      ['/', 'Runs'],
      ['/join', 'Join'],
    ] as const) {
      const { status, headers, body } = await get(path);
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(body.toString()).toContain(title);
      expect(headers).toMatchObject({
        'content-security-policy': POLICY,
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      });
      expect(headers['content-security-policy']).not.toContain('unsafe-inline');
    }
  });

  it('load what they are made of, which never changes, and Workers go by the same policy', async () => {
    const script = await get('/assets/index-abc123.js');
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': expect.stringContaining("worker-src 'self'"),
    });
    expect((await get('/assets/index-abc123.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    expect((await get('/tessera-participant.js')).headers['content-type']).toContain('text/javascript');
    expect((await get('/tessera-participant/learning-abc123.js')).headers).toMatchObject({
      'content-type': expect.stringContaining('text/javascript'),
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-embedder-policy': 'require-corp',
    });
    expect((await get('/ort/ort-wasm-simd-threaded.wasm')).headers['content-type']).toBe('application/wasm');
  });

  it('give away nothing but what is meant for browsers', async () => {
    const paths = [
      '/secret.txt',
      '/assets/../secret.txt',
      '/assets/..%2Fsecret.txt',
      '/assets/..%2f..%2fruns%2foperator-token',
      '/assets/%2e%2e/secret.txt',
      '/assets/%2e%2e%2fsecret.txt',
      '/assets/..%5csecret.txt',
      '/assets/..',
      '/assets/.',
      '/assets/',
      '/assets/%00',
      '/assets/index-abc123.js%00.css',
      '/assets//etc/passwd',
      '/assets/%2Fetc%2Fpasswd',
      '/ort/ort.all.js',
      '/ort/..%2fweb%2fsecret.txt',
      '/join/../secret.txt',
      '//etc/passwd',
    ];
    for (const path of paths) expect((await get(path)).status, path).toBe(404);
  });

  it('come compressed where that is accepted, with tags of their own', async () => {
    const plain = await get('/ort/ort-wasm-simd-threaded.wasm');
    const zipped = await get('/ort/ort-wasm-simd-threaded.wasm', { 'accept-encoding': 'br, gzip;q=0.8' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.equals(wasm)).toBe(true);
    expect(Number(plain.headers['content-length'])).toBe(wasm.length);
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(zipped.body.length).toBeLessThan(wasm.length / 10);
    expect(gunzipSync(zipped.body).equals(wasm)).toBe(true);
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
    for (const refuses of ['identity', 'gzip;q=0', 'gzip; q=0.000', 'br']) {
      const answer = await get('/ort/ort-wasm-simd-threaded.wasm', { 'accept-encoding': refuses }, 'HEAD');
      expect(answer.headers['content-encoding'], refuses).toBeUndefined();
    }
  });

  it('are not sent again where they have not changed, and anew where they have', async () => {
    const first = await get('/');
    const again = await get('/', { 'if-none-match': first.headers.etag ?? '' });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, first.headers.etag]);
    await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>Other</title>');
    const changed = await get('/', { 'if-none-match': first.headers.etag ?? '' });
    expect([changed.status, changed.body.toString()]).toEqual([200, expect.stringContaining('Other')]);
  });

  it('answer HEAD with the length alone', async () => {
    for (const path of ['/', '/join', '/assets/index-abc123.js', '/ort/ort-wasm-simd-threaded.wasm']) {
      const whole = await get(path);
      const head = await get(path, {}, 'HEAD');
      expect([head.status, head.body.length], path).toEqual([200, 0]);
      expect(head.headers['content-length'], path).toBe(String(whole.body.length));
    }
  });

  it('take nothing but GET and HEAD', async () => {
    const answer = await get('/', {}, 'POST');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('say what to do where they were not built', async () => {
    await rm(join(folder, 'web'), { recursive: true });
    for (const path of ['/', '/join']) {
      const { status, body } = await get(path);
      expect([status, JSON.parse(body.toString()).detail], path).toEqual([
        404,
        'this build has no pages: npm run build makes them',
      ]);
    }
    expect((await get('/assets/index-abc123.js')).status).toBe(404);
  });

  it('lend what clients are made of to pages of other origins where those may take part, and nothing else', async () => {
    const corp = async (path: string) => (await get(path)).headers['cross-origin-resource-policy'];
    const files = ['/tessera-participant.js', '/assets/index-abc123.js', '/ort/ort-wasm-simd-threaded.mjs'];
    for (const path of files) expect(await corp(path), path).toBe('same-origin');
    await close();
    await open(['https://app.example.org']);
    for (const path of files) expect(await corp(path), path).toBe('cross-origin');
    for (const path of ['/', '/join', '/v1', '/v1/control'])
      expect(await corp(path), path).toBe('same-origin');
    const asked = (origin: string) => get('/tessera-participant.js', { origin });
    const listed = await asked('https://app.example.org');
    expect(listed.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      vary: 'origin, accept-encoding',
    });
    const other = await asked('https://evil.example');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });
});
