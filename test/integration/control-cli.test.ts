/** The commands with which operators steer a server, as people type them. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinOn } from '../../src/client/join.js';
import { createNodePlatform } from '../../src/client/node/join.js';
import { emptyFolder, expectRefusal, linesOf, runCli } from '../helpers/cli.js';
import { digitsOf } from '../helpers/federation.js';
import { endServers, type ServeProcess, startServe } from '../helpers/serve.js';

const settings = ['--task', 'classification', '--feature-shape', '28,28', '--class-count', '10'];

let cwd: string;
let server: ServeProcess;
beforeAll(async () => {
  cwd = await emptyFolder();
  server = await startServe(['--enrolment', 'invitation'], cwd);
});
afterAll(() => endServers([server]));

const say = (words: string) => runCli(words.split(' '), { cwd });
const json = async (words: string) => {
  const { stdout, stderr } = await say(`${words} --json`);
  expect(stderr).toBe('');
  return linesOf(stdout).map((line) => JSON.parse(line));
};

describe('steering a server from the shell', () => {
  it('starts, shows, pauses, resumes and stops runs on the server of the folder', async () => {
    const started = await runCli(['runs', 'start', '--name', 'one', '--model', 'mlp', ...settings], { cwd });
    expect([started.stdout, started.stderr]).toEqual(['Run one is running after round 0 of 20.\n', '']);
    expect((await say('runs pause one')).stdout).toMatch(/^Run one is paused /);
    expect((await say('runs resume one')).stdout).toMatch(/^Run one is running /);
    const { url } = server;
    const token = (await readFile(join(cwd, 'runs', 'operator-token'), 'utf8')).trim();
    const elsewhere = await emptyFolder();
    const from = (words: string[]) =>
      runCli([...words, '--server', url], { cwd: elsewhere, env: { TESSERA_TOKEN: token } });
    const listed = linesOf((await from(['runs', 'list'])).stdout);
    expect(listed[0]).toMatch(/^run +status +model/);
    expect(listed[1]).toMatch(/^one +running +mlp +default +0 +20/);
    const shown = (await from(['runs', 'show', 'one'])).stdout;
    expect(shown).toContain('Run one is running after round 0 of 20. Phase: selecting.');
    expect(shown).toMatch(/^cohort +10$/m);
    expect((await say('runs stop one')).stdout).toMatch(/^Run one is stopped /);
    expect((await stat(join(cwd, 'runs', 'one', 'report.html'))).isFile()).toBe(true);
    const local = (await say('runs show one')).stdout;
    expect(local).toMatch(/^type +served$/m);
    expect(await json('runs list')).toMatchObject([{ runId: 'one', state: 'user', rounds: 0 }]);
  });

  it('invites a client, and revokes it', async () => {
    const invited = await say('clients invite --uses 2 --hours 1');
    expect(invited.stdout).toMatch(/^tsi_[\w-]{43}\n$/);
    const platform = await createNodePlatform(server.url, { folder: join(cwd, 'client') });
    const [data] = await digitsOf(1, 10, 1);
    if (!data) throw new Error('no data');
    const client = await joinOn(platform, { data, name: 'North', invitation: invited.stdout.trim() });
    const table = linesOf((await say('clients list --status approved')).stdout);
    expect(table[0]).toMatch(/^client +status +name +population +attributes +there +last seen +key/);
    expect(table[1]).toMatch(/^ +0 +approved +North +default .* UTC +[\w-]{8}$/);
    expect(linesOf((await say('clients invitations')).stdout)[1]).toMatch(
      /^ +1 +default +1 +2 .*UTC +operator first$/,
    );
    expect((await say('clients withdraw 1')).stdout).toBe('Invitation 1 holds no more.\n');
    expect((await say('clients revoke 0')).stdout).toBe('Client 0 is revoked.\n');
    await expect(client.done).rejects.toThrow('an operator has revoked this client');
    expect(await json('clients list')).toMatchObject([{ index: 0, status: 'revoked' }]);
    expectRefusal(await say('clients approve 0'), 1, 'a revoked key stays so');
    expectRefusal(await say('clients approve 7'), 1, 'there is no client of that number or name');
    expect((await say('clients delete 0')).stdout).toBe('Client 0 is forgotten.\n');
    expect((await say('clients list')).stdout).toBe('There are no such clients.\n');
  });

  it('adds and revokes operators, who find what they did in the audit log', async () => {
    const added = await say('operators add Grace');
    expect(added.stdout).toMatch(/^tso_[\w-]{43}\n$/);
    const asGrace = (...words: string[]) => runCli([...words, '--token', added.stdout.trim()], { cwd });
    expectRefusal(await asGrace('clients', 'invite'), 1, 'a viewer looks and changes nothing');
    expect((await asGrace('clients', 'invitations')).code).toBe(0);
    expect(linesOf((await say('operators list')).stdout)[2]).toMatch(/^ +2 +Grace +viewer/);
    expect((await say('operators revoke 2')).stdout).toBe('The token of Grace holds no more.\n');
    expectRefusal(await asGrace('clients', 'list'), 1, 'the token is not one that holds here');
    const [last] = await json('operators audit --limit 20').then((lines) =>
      lines.filter(({ action }) => action === 'operator-revoked'),
    );
    expect(last).toMatchObject({ actor: 'operator first', subject: 'operator Grace' });
  });

  it('says in a sentence what is missing or wrong', async () => {
    const elsewhere = await emptyFolder();
    await mkdir(join(elsewhere, 'runs'));
    const there = (...words: string[]) => runCli(words, { cwd: elsewhere });
    expectRefusal(await there('clients', 'list'), 2, '--server must be given where no server runs on runs');
    expectRefusal(await there('clients', 'list', '--server', server.url), 2, '--token must be given');
    const gone = ['--server', 'http://127.0.0.1:1', '--token', 'x'];
    expectRefusal(await there('clients', 'list', ...gone), 1, 'http://127.0.0.1:1 could not be reached');
    const plain = ['--server', 'http://example.org', '--token', 'x'];
    expectRefusal(await there('clients', 'list', ...plain), 2, 'server must be an https address');
    expectRefusal(await say('runs start --rounds -1'), 2, 'rounds must be');
    expectRefusal(await say('runs stop none'), 1, 'there is no run of that name');
  });
});
