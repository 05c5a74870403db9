/** The dashboard's server beside a simulation and over a folder of runs, as people start and end it. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOverview, ServerOverview } from '../../src/server/control-messages.js';
import { type CliProcess, emptyFolder, expectRefusal, linesOf, runCli, startCli } from '../helpers/cli.js';

const SMALL = [
  'simulate',
  '--name',
  'one',
  '--clients',
  '3',
  '--examples',
  '90',
  '--model',
  'logistic',
  '--threads',
  '1',
];

let cwd: string;
const started: CliProcess[] = [];
beforeEach(async () => {
  cwd = await emptyFolder();
});
afterEach(async () => {
  for (const { child, done } of started.splice(0)) {
    child.kill('SIGKILL');
    await done;
  }
});

/** A command that opens the dashboard, and what it says of where that is. */
async function open(...args: string[]): Promise<CliProcess & { url: string; token: string }> {
  const shown = startCli(args, { cwd });
  started.push(shown);
  let text = '';
  for (const stream of [shown.child.stdout, shown.child.stderr]) {
    stream?.on('data', (part: string) => {
      text += part;
    });
  }
  await expect.poll(() => text, { timeout: 20_000 }).toContain('Dashboard  ');
  const [, url = '', token = ''] =
    /Dashboard {2}(http\S+)\/#\/sign-in\?token=(tso_[\w-]+)\n/.exec(text) ?? [];
  return { ...shown, url, token };
}
const get = (url: string, token: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers: { authorization: `Bearer ${token}`, ...headers } });

async function follow(url: string, token: string): Promise<EventSourceMessage[]> {
  const heard: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => heard.push(event) });
  const answer = await get(`${url}/v1/control/runs/one/events`, token, { accept: 'text/event-stream' });
  const decoder = new TextDecoder();
  for await (const part of answer.body as AsyncIterable<Uint8Array>) parser.feed(decoder.decode(part));
  return heard;
}

describe('tessera simulate --ui', () => {
  it('shows the run while it goes on, stays when it has ended, and ends on Ctrl-C with 0', async () => {
    const { url, token, child, line, done } = await open(...SMALL, '--ui', '--port', '0', '--rounds', '400');
    await line('    3 ');
    const overview = (await (await get(`${url}/v1/control`, token)).json()) as ServerOverview;
    expect(overview).toMatchObject({ type: 'view', operator: { role: 'viewer' }, openRuns: ['one'] });
    const { items } = (await (await get(`${url}/v1/control/runs`, token)).json()) as { items: RunOverview[] };
    expect(items).toMatchObject([{ runId: 'one', status: 'running', type: 'simulated', rounds: 400 }]);
    const heard = await follow(url, token);
    const events = heard.flatMap(({ id, data }) => (id === undefined ? [] : [JSON.parse(data)]));
    expect(events.map(({ type }) => type).filter((type) => type === 'round-finished')).toHaveLength(401);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', reason: 'rounds' });
    const activities = heard.flatMap(({ event, data }) => (event === 'activity' ? [JSON.parse(data)] : []));
    // What is over within a blink is not told: rounds are this quick.
    const phases = new Map<number, string>();
    for (const { clientId, round, phase } of activities) {
      if (clientId === 1) phases.set(round, `${phases.get(round) ?? ''} ${phase}`);
    }
    expect([...phases.values()]).toContain(' selected training done');
    const states = heard.flatMap(({ event, data }) => (event === 'state' ? [JSON.parse(data)] : []));
    expect(states[0]).toMatchObject({ cohort: 3, available: 3, failures: 0 });
    expect(heard.at(-1)?.event).toBe('over');

    await line('The dashboard stays at');
    const ended = await (await get(`${url}/v1/control/runs`, token)).json();
    expect(ended).toMatchObject({ items: [{ runId: 'one', status: 'finished', round: 400 }] });
    expect((await get(`${url}/v1/control/runs/one/report`, token)).status).toBe(200);
    child.kill('SIGINT');
    expect(await done).toMatchObject({ code: 0, signal: null });
  }, 60_000);

  it('goes with the run that Ctrl-C interrupts, which can be resumed', async () => {
    const shown = await open(...SMALL, '--ui', '--port', '0', '--rounds', '100000');
    await shown.line('    2 ');
    shown.child.kill('SIGINT');
    const { code, stderr } = await shown.done;
    expect(code).toBe(130);
    expect(stderr).toContain('tessera: interrupted; go on with: tessera runs resume runs/one\n');
  }, 30_000);

  it('ends at once on a second Ctrl-C', async () => {
    const shown = await open(...SMALL, '--ui', '--port', '0', '--rounds', '100000');
    await shown.line('    2 ');
    shown.child.kill('SIGINT');
    shown.child.kill('SIGINT');
    const { code, signal } = await shown.done;
    expect(code ?? signal).toBeOneOf([130, 'SIGINT']);
  }, 30_000);

  it('prints nothing but events on standard output with --json', async () => {
    const { child, done, line } = await open(...SMALL, '--ui', '--port', '0', '--rounds', '1', '--json');
    await line('run-finished');
    child.kill('SIGINT');
    const { stdout } = await done;
    expect(linesOf(stdout).every((text) => JSON.parse(text).type !== undefined)).toBe(true);
  }, 30_000);

  it('lets nobody in without the token of its link, and nobody change anything', async () => {
    const { url, token } = await open(...SMALL, '--ui', '--port', '0', '--rounds', '1');
    for (const path of ['', '/runs', '/runs/one', '/runs/one/events', '/clients']) {
      expect((await fetch(`${url}/v1/control${path}`)).status, path).toBe(401);
      expect((await get(`${url}/v1/control${path}`, `${token}x`)).status, path).toBe(401);
    }
    for (const [method, path] of [
      ['POST', '/runs'],
      ['POST', '/runs/one/stop'],
      ['DELETE', '/clients/0'],
    ] as const) {
      const answer = await fetch(`${url}/v1/control${path}`, {
        ...{ method, headers: { authorization: `Bearer ${token}` } },
      });
      expect(answer.status, path).toBeOneOf([404, 405]);
    }
    expect((await fetch(`${url}/v1/check-in`, { method: 'POST' })).status).toBe(404);
  }, 30_000);

  it('is refused in a sentence where the port is none, in use, or given without it', async () => {
    const { url } = await open(...SMALL, '--ui', '--port', '0', '--rounds', '1');
    const { port } = new URL(url);
    const refused = async (...flags: string[]) => runCli(['simulate', ...flags], { cwd });
    expectRefusal(await refused('--port', '8000'), 2, '--ui must be given where --port is, got --port 8000');
    expectRefusal(await refused('--ui', '--port', 'x'), 2, '--port must be a whole number from 0, got "x"');
    expectRefusal(
      await refused('--ui', '--port', port),
      2,
      `port must be one that is free on 127.0.0.1, got ${port}`,
    );
  }, 30_000);
});

describe('tessera ui', () => {
  it('shows the runs of a folder until Ctrl-C', async () => {
    expect((await runCli([...SMALL, '--rounds', '2'], { cwd })).code).toBe(0);
    const { url, token, child, done } = await open('ui', '--port', '0');
    const details = await (await get(`${url}/v1/control/runs/one`, token)).json();
    expect(details).toMatchObject({
      status: 'finished',
      round: 2,
      config: { rounds: 2 },
      models: expect.arrayContaining([2]),
    });
    const heard = await follow(url, token);
    expect(heard.at(-1)?.event).toBe('over');
    child.kill('SIGTERM');
    expect(await done).toMatchObject({ code: 0 });
  }, 30_000);
});
