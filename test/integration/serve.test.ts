/** `tessera serve` as an operator uses it: started, refused, reached, stopped and started again. */

import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyFolder, eventsOf, expectRefusal, runCli } from '../helpers/cli.js';
import { endServers, type ServeProcess, startServe } from '../helpers/serve.js';

const tls = (name: string) => fileURLToPath(new URL(`../vectors/tls/${name}`, import.meta.url));
const run = [
  ...['--model', 'mlp', '--name', 'one', '--rounds', '2', '--evaluate-every', '9'],
  ...['--task', 'classification', '--feature-shape', '4', '--class-count', '2'],
];

let cwd: string;
const started: ServeProcess[] = [];
beforeEach(async () => {
  cwd = await emptyFolder();
});
afterEach(() => endServers(started));
const serve = async (...flags: string[]) => {
  const server = await startServe(flags, cwd);
  started.push(server);
  return server;
};

const tokenOf = async (folder = 'runs') =>
  (await readFile(join(cwd, folder, 'operator-token'), 'utf8')).trim();
const fingerprintOf = async (name: string) => new X509Certificate(await readFile(tls(name))).fingerprint256;
/** Of the certificate that a server shows to a new connection. */
const certificateOf = (url: string) =>
  new Promise<string | undefined>((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      rejectUnauthorized: false,
    });
    socket.on('error', reject).on('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
  });
const get = async (url: string, token?: string) =>
  fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

describe('tessera serve', () => {
  it('says where it is, makes a token once, starts a run, ends on Ctrl-C and goes on at the next start', async () => {
    const first = await serve(...run);
    await first.line('    0 ');
    const token = await tokenOf();
    expect(((await stat(join(cwd, 'runs', 'operator-token'))).mode & 0o777).toString(8)).toBe('600');
    expect((await get(`${first.url}/readyz`)).status).toBe(200);
    expect((await get(`${first.url}/metrics`)).status).toBe(401);
    expect(await (await get(`${first.url}/metrics`, token)).text()).toContain('tessera_rounds_total');
    const shown = await get(`${first.url}/v1/control/runs/one`, token);
    expect(await shown.json()).toMatchObject({ runId: 'one', status: 'running', rounds: 2 });
    first.child.kill('SIGINT');
    const { code, stdout, stderr } = await first.done;
    expect([code, stderr]).toEqual([
      0,
      'tessera: going down; open rounds go on at the next start (again: end at once)\n',
    ]);
    expect(stdout).toContain(token);
    expect(stdout).toContain(`Dashboard  ${first.url}/#/sign-in?token=${token}\n`);
    expect(stdout).not.toContain('Join page');
    expect(await readdir(join(cwd, 'runs'))).not.toContain('server-address.json');
    expect((await eventsOf(join(cwd, 'runs', 'one'))).map(({ type }) => type)).toEqual([
      'run-started',
      'round-finished',
    ]);

    const second = await serve(...run);
    await second.line('resumed after round 0');
    expect((await get(`${second.url}/v1/control`, token)).status).toBe(200);
    second.child.kill('SIGTERM');
    const ended = await second.done;
    expect(ended.code).toBe(0);
    expect(ended.stdout).not.toContain('tso_');
    expect(ended.stdout).toContain(`Dashboard  ${second.url}/\n`);
    expect(ended.stderr).toContain('run one is there already, with its own settings');
  });

  it('says where to join, where anybody may, and hands out no link with a token where others are listening', async () => {
    const { url, line, child, done } = await serve(
      '--enrolment',
      'open',
      '--host',
      '0.0.0.0',
      '--allow-plain-http',
    );
    await line('Join page');
    child.kill('SIGINT');
    const { stdout } = await done;
    const here = `http://127.0.0.1:${new URL(url).port}`;
    expect(stdout).toContain(`Dashboard  ${here}/\nJoin page  ${here}/join\n`);
  });

  it('speaks TLS with the certificate that it is given, and says so to browsers', async () => {
    const { url } = await serve('--tls-cert', tls('cert.pem'), '--tls-key', tls('key.pem'));
    expect(url).toMatch(/^https:/);
    const ca = await readFile(tls('cert.pem'), 'utf8');
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      request(`${url}/healthz`, { ca }, (answer) => resolve(answer.resume().headers))
        .on('error', reject)
        .end();
    });
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
    });
  });

  it('takes over a new certificate on SIGHUP, and keeps the old one where the new one cannot be used', async () => {
    const [cert, key] = [join(cwd, 'cert.pem'), join(cwd, 'key.pem')];
    const install = async (one: string, other: string) => {
      await copyFile(tls(one), cert);
      await copyFile(tls(other), key);
    };
    await install('cert.pem', 'key.pem');
    const { url, child } = await serve('--tls-cert', cert, '--tls-key', key);
    const hangUp = async () => {
      const said = new Promise<string>((resolve) => child.stderr?.once('data', resolve));
      child.kill('SIGHUP');
      return said;
    };
    await install('other-cert.pem', 'key.pem');
    expect(await hangUp()).toContain('TLS key must be the one of the certificate');
    expect(await certificateOf(url)).toBe(await fingerprintOf('cert.pem'));
    await install('other-cert.pem', 'other-key.pem');
    expect(await hangUp()).toContain('the TLS certificate was read again');
    expect(await certificateOf(url)).toBe(await fingerprintOf('other-cert.pem'));
  });

  it('waits for requests under way when it ends, and at the second Ctrl-C does not', async () => {
    const { url, child, done } = await serve();
    const slow = connect(Number(new URL(url).port), '127.0.0.1');
    slow.on('error', () => {});
    await new Promise<void>((resolve) => slow.once('connect', resolve));
    // A whole header, so that the server is in the middle of a request.
    slow.write(
      'POST /v1/clients HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
    );
    await new Promise<void>((resolve) => slow.once('data', () => resolve()));
    const said = new Promise<string>((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGINT');
    expect(await said).toContain('going down');
    child.kill('SIGINT');
    expect(await done).toMatchObject({ code: null, signal: 'SIGINT' });
    slow.destroy();
  });

  it('is refused in one sentence, and leaves nothing behind, where it is called wrongly', async () => {
    const wrong: readonly [string[], string][] = [
      [['--host', '0.0.0.0'], '--tls-cert and --tls-key must be given on other addresses than loopback'],
      [['--tls-cert', tls('cert.pem')], 'must be given together'],
      [['--tls-cert', tls('cert.pem'), '--tls-key', tls('other-key.pem')], 'TLS key must be the one of'],
      [['--allow-origin', 'example.org'], 'allowed origins must be'],
      [['--rounds', '-1'], 'rounds must be'],
      [['--oidc-issuer', 'https://example.org'], 'must be given together'],
    ];
    for (const [flags, sentence] of wrong) {
      expectRefusal(await runCli(['serve', '--port', '0', ...flags], { cwd }), 2, sentence);
    }
    expect(await readdir(cwd)).toEqual([]);
  });

  it('refuses a port that there is not, and leaves nothing behind', async () => {
    const refused = await runCli(['serve', '--port', '99999'], { cwd });
    expectRefusal(refused, 2, 'port must be an integer from 0 to 65535, got 99999');
    expect(await readdir(cwd)).toEqual([]);
  });

  it('leaves nothing behind where its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const refused = await runCli(['serve', '--port', String(port)], { cwd });
    await new Promise((resolve) => other.close(resolve));
    expectRefusal(refused, 2, `port must be one that is free on 127.0.0.1, got ${port}, which is in use`);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('leaves the folder of another server alone', async () => {
    const { url } = await serve();
    const token = await tokenOf();
    expectRefusal(
      await runCli(['serve', '--port', '0'], { cwd }),
      1,
      'runs/server.db is in use by another server',
    );
    expect((await get(`${url}/v1/control`, token)).status).toBe(200);
    expect(await tokenOf()).toBe(token);
  });

  it('says that its database is damaged, and does not touch it', async () => {
    await mkdir(join(cwd, 'runs'));
    const path = join(cwd, 'runs', 'server.db');
    await writeFile(path, 'no database at all, though it is long enough to be one '.repeat(100));
    expectRefusal(await runCli(['serve', '--port', '0'], { cwd }), 1, 'runs/server.db is damaged');
    expect(await readFile(path, 'utf8')).toMatch(/^no database at all/);
    await rm(path);
  });

  it('makes another token where the first was lost', async () => {
    const first = await serve();
    first.child.kill('SIGINT');
    await first.done;
    const lost = await tokenOf();
    const { url } = await serve('--new-token');
    expect(await tokenOf()).not.toBe(lost);
    expect((await get(`${url}/v1/control`, await tokenOf())).status).toBe(200);
  });
});
