/** `tessera client` as people run it: a process that takes part, says what it does, and leaves when it is told to. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { simulate } from '../../dist/simulation/simulate.js';
import { readParams } from '../../src/params/safetensors.js';
import { readModel } from '../../src/store/stored-run.js';
import { type CliProcess, emptyFolder, expectRefusal, linesOf, runCli, startCli } from '../helpers/cli.js';
import { startFederation, type TestFederation } from '../helpers/federation.js';

const open: TestFederation[] = [];
const running: CliProcess[] = [];
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ done }) => done));
  await Promise.all(open.splice(0).map((federation) => federation.close()));
});

async function federation(...options: Parameters<typeof startFederation>): Promise<TestFederation> {
  const started = await startFederation(...options);
  open.push(started);
  return started;
}

function start(cwd: string, ...words: string[]): CliProcess {
  const started = startCli(['client', ...words], { cwd });
  running.push(started);
  return started;
}

const digits = ['--data', 'digits', '--examples', '200'];
const described = {
  ...{ task: 'classification', featureShape: [28, 28], model: 'logistic', rounds: 1 },
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
  ...{ cohort: 1, overSelection: 1, deadlineMs: 60_000 },
} as const;

describe('tessera client', () => {
  it('takes part, says in plain words what left the device, and ends with Ctrl-C', async () => {
    const [{ server, url }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits, '--name', 'Ward 5', '--attributes', 'region=eu');
    await client.line('Enrolled with');
    const [known] = server.federation.access.clients.list();
    expect(known).toMatchObject({ name: 'Ward 5', attributes: { region: 'eu' } });
    await (await server.startRun(described)).over;
    await client.line('Sent 32 kB: the trained parameters of logistic, round 1');
    client.child.kill('SIGINT');
    const { code, stdout, stderr } = await client.done;
    expect([code, stderr]).toEqual([130, '']);
    expect(stdout).toMatch(/^Enrolled with http:\/\/127.0.0.1:\d+ as [\w-]{43}\.$/m);
    expect(stdout).toMatch(/not encrypted, as it stays on this machine; the server may use it by itself\.$/m);

    const audit = await runCli(['client', 'audit', '--json'], { cwd });
    const kinds = linesOf(audit.stdout).map((line) => JSON.parse(line).kind);
    for (const kind of ['enrolment', 'check-in', 'update', 'evaluation']) expect(kinds).toContain(kind);
    const verified = await runCli(['client', 'audit', '--verify'], { cwd });
    expect(verified.stdout).toContain('each as it was written');
  });

  it('gives a task back when it is stopped in the middle', async () => {
    const [{ server, url, events }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits, '--json');
    await client.line('"enrolled"');
    const run = await server.startRun({ ...described, localEpochs: 20_000 });
    await client.line('"kind":"train"');
    client.child.kill('SIGINT');
    expect((await client.done).code).toBe(130);
    const failed = events.find(({ type }) => type === 'client-failed');
    expect(failed).toMatchObject({ reason: 'the client says: the client was stopped' });
    await run.stop();
  });

  it('waits for a person where tasks are to be approved', async () => {
    const [{ server, url }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits, '--require-approval', '--json');
    await client.line('"enrolled"');
    const run = await server.startRun({ ...described, retry: { initialMs: 100, maxMs: 500 } });
    await client.line('"approval-needed"');
    const tasks = await runCli(['client', 'tasks', 'list', '--json'], { cwd });
    const { hash, decision } = JSON.parse(tasks.stdout);
    expect(decision).toBe('pending');
    await runCli(['client', 'tasks', 'approve', hash], { cwd });
    await run.over;
    expect(run.status()).toBe('finished');
  });

  it('refuses what its pins do not allow', async () => {
    const [{ server, url, events }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits, '--min-cohort', '5', '--pin-model', 'logistic');
    await client.line('Enrolled');
    const run = await server.startRun(described);
    await client.line('combined with those of at least 5 clients, the task promises 1');
    expect(events.some(({ type }) => type === 'client-trained')).toBe(false);
    await run.stop();
  });

  it('says that its data does not fit the task, here and to the server', async () => {
    const [{ server, url, events }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits);
    await client.line('Enrolled');
    const run = await server.startRun({ ...described, featureShape: [10], evaluation: 'none' });
    await client.line('Failed, and goes on: an example must have 10 numbers as in the task, got 784.');
    await client.line('word of a failure of logistic, round 1');
    expect(events.find(({ type }) => type === 'client-failed')).toMatchObject({
      reason: 'the client says: an example must have 10 numbers as in the task, got 784',
    });
    await run.stop();
  });

  it('keeps trying where no server answers, and says so', async () => {
    const cwd = await emptyFolder();
    const client = start(cwd, '--server', 'http://127.0.0.1:9', ...digits);
    await client.line('(attempt 2)');
    client.child.kill('SIGINT');
    const { code, stdout, stderr } = await client.done;
    expect([code, stderr]).toEqual([130, '']);
    expect(stdout).toMatch(
      /^Tries enrolment again in .* \(attempt 1\): http:\/\/127.0.0.1:9 could not be reached/,
    );
  });

  it('makes the server forget it', async () => {
    const [{ server, url }, cwd] = [await federation(), await emptyFolder()];
    const client = start(cwd, '--server', url, ...digits);
    await client.line('Enrolled');
    client.child.kill('SIGINT');
    await client.done;
    expect(server.federation.access.clients.list()).toHaveLength(1);
    const left = await runCli(['client', 'leave', '--server', url], { cwd });
    expect([left.code, left.stderr]).toEqual([0, '']);
    expect(left.stdout).toContain('Left: the server was told to forget this client');
    expect(server.federation.access.clients.list()).toEqual([]);
    const again = await runCli(['client', 'leave', '--server', url], { cwd });
    expectRefusal(again, 2, 'folder must hold the key of a client, got tessera-client');
  });
});

describe('tessera client --virtual', () => {
  it('gives what the simulation gives: clients enrol in their order, and share what trains', async () => {
    const training = { model: 'mlp', rounds: 2, seed: 3 } as const;
    const data = { data: 'digits', examples: 400, clients: 4 } as const;
    const simulated = await simulate({ ...training, ...data, threads: 1, out: await emptyFolder() });
    const [{ server, url }, cwd] = [await federation(), await emptyFolder()];
    const flags = ['--data', 'digits', '--examples', '400', '--seed', '3', '--virtual', '4'];
    const clients = start(cwd, '--server', url, ...flags, '--json');
    await clients.line('{"client":3,"type":"enrolled"');
    const run = await server.startRun({
      ...described,
      ...training,
      ...{ cohort: 4, minimumClients: 4, deterministic: true, selectionMs: 60_000 },
    });
    await run.over;
    clients.child.kill('SIGINT');
    const { code, stdout } = await clients.done;
    expect(code).toBe(130);
    const events = linesOf(stdout).map((line) => JSON.parse(line));
    const enrolled = events.filter(({ type }) => type === 'enrolled');
    expect(enrolled.map(({ client }) => client)).toEqual([0, 1, 2, 3]);
    const fetched = events.filter(({ type, cached }) => type === 'model-downloaded' && !cached);
    expect(fetched.length).toBeLessThanOrEqual(3);
    const { layout, values } = simulated.params;
    const served = readParams(await readModel(run.directory, 2), layout, 'served').values;
    expect(Math.max(...values.map((value, at) => Math.abs(value - served[at]!)))).toBeLessThanOrEqual(1e-6);
  });
});

describe('tessera client says in one sentence', () => {
  const call = async (cwd: string, ...words: string[]) => runCli(['client', ...words], { cwd });

  it('that there is no server to join', async () => {
    const cwd = await emptyFolder();
    const sentence = 'server must be an address like https://example.org, got nothing';
    expectRefusal(await call(cwd, ...digits), 2, sentence);
    expectRefusal(await call(cwd, '--server', 'http://10.1.2.3', ...digits), 2, 'must be an https address');
  });

  it('that the invitation does not hold', async () => {
    const [{ url }, cwd] = [await federation({ enrolment: 'invitation' }), await emptyFolder()];
    const refused = await call(cwd, '--server', url, ...digits, '--invitation', 'made-up');
    expectRefusal(refused, 1, 'the server refuses: The invitation is not valid here (any more)');
  });

  it('that the key is none, or open to others', async () => {
    const [{ url }, cwd] = [await federation(), await emptyFolder()];
    const key = join(cwd, 'tessera-client', 'key.pem');
    await mkdir(join(cwd, 'tessera-client'), { mode: 0o700 });
    await writeFile(key, 'not a key', { mode: 0o600 });
    expectRefusal(await call(cwd, '--server', url, ...digits), 1, 'must hold an Ed25519 key');
    await chmod(key, 0o644);
    expectRefusal(await call(cwd, '--server', url, ...digits), 1, 'must be for its owner alone');
  });

  it('that there is no such part, or that a flag is wrong', async () => {
    const [cwd, server] = [await emptyFolder(), ['--server', 'http://127.0.0.1:9']];
    const part = await call(cwd, ...server, ...digits, '--clients', '4', '--client', '4');
    expectRefusal(part, 2, 'client must be from 0 to 3, got 4');
    const which = await call(cwd, ...server, ...digits, '--clients', '4');
    expectRefusal(which, 2, "client must say which part is this client's where clients is given");
    expectRefusal(await call(cwd, ...server, '--hours', '22'), 2, 'It must be like 22-6.');
    const pin = await call(cwd, ...server, ...digits, '--max-epochs', '0');
    expectRefusal(pin, 2, 'maxEpochs must be a positive integer, got 0');
  });
});
