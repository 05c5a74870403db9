import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../test/helpers/run-events.js';
import { ConfigError } from '../errors.js';
import { formatBytes } from '../format.js';
import type { RunEvent } from '../round/run-events.js';
import { loadReportAssets, renderReport } from './report.js';

const ASSETS = { script: 'var charts;', style: '.uplot {}' };
const CONFIG = { data: 'digits', partition: { kind: 'dirichlet', alpha: 0.1 }, local: { epochs: 2 } };

function render(events: readonly RunEvent[], config: Record<string, unknown> = CONFIG): string {
  return renderReport({ config, events }, ASSETS);
}

function titles(page: string): string[] {
  return [...page.matchAll(/<h3[^>]*>([^<]*)</g)].map((match) => match[1]!);
}

function chartsIn(page: string): { id: string; x: number[]; series: { values: unknown }[] }[] {
  const text = page.match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s)?.[1];
  return JSON.parse(text ?? '[]');
}

it('shows every panel of a run with baselines and failures', () => {
  const page = render(fakeRun({ baselines: true, failedRounds: [3] }));
  expect(titles(page)).toEqual([
    'Accuracy',
    'Loss',
    'Labels per client',
    'Accuracy per client',
    'Accuracy per class',
    'Confusion matrix',
    'Bytes moved, in total',
    'Time per round',
    'Failed clients per round',
    'What failed',
    'Configuration',
    'Events in the log',
  ]);
  expect(page).toContain('data digits');
  expect(page).toContain('partition dirichlet, alpha 0.1');
  expect(page).toContain('<th scope="row">local.epochs</th><td>2</td>');
  expect(page).toContain('0 of 10 clients answered, at least 2 must');
});

it('shows a regression with its error and without classes', () => {
  const page = render(fakeRun({ task: 'regression', baselines: true }));
  expect(titles(page)).toContain('Mean absolute error');
  expect(titles(page)).toContain('Loss per client');
  expect(titles(page)).toContain('Examples per client');
  expect(titles(page)).not.toContain('Confusion matrix');
  expect(page).not.toContain('NaN');
});

it('says whose models are evaluated where parameters stay with clients', () => {
  const events = fakeRun({ baselines: true });
  const own = events.map((event) =>
    event.type === 'run-started' ? { ...event, localParams: ['batchNorm1.weight'] } : event,
  );
  expect(render(events)).toContain('global model');
  const page = render(own, { localParams: 'batch-normalization' });
  expect(page).not.toMatch(/global model/i);
  expect(page).toMatch(/>Clients(&#39;|') own models/);
  expect(page).toContain('local to clients batch-normalization');
});

it('leaves out panels without data', () => {
  const page = render(fakeRun({ rounds: 0, unfinished: true }), {});
  expect(titles(page)).toEqual([
    'Labels per client',
    'Accuracy per class',
    'Confusion matrix',
    'Events in the log',
  ]);
  expect(page).not.toContain('<script');
  const [started] = fakeRun();
  expect(titles(render([started!], {}))).toEqual(['Labels per client', 'Events in the log']);
});

it('shows a run that nobody has evaluated, without numbers that nobody knows', () => {
  const page = render(unevaluatedRun({ failedRounds: [3] }));
  expect(titles(page)).toEqual([
    'Bytes moved, in total',
    'Time per round',
    'Failed clients per round',
    'What failed',
    'Configuration',
    'Events in the log',
  ]);
  expect(page).toContain('Ended after 30 rounds; nobody has evaluated the model.');
  expect(page).toContain('<dt>Clients</dt><dd><strong>10</strong><span>13 in the last round</span></dd>');
  const shown = page.replace(/<(script|style)>.*?<\/\1>/gs, '');
  expect(shown).not.toMatch(/NaN|Infinity|n\/a|undefined|Against raw data/);
});

it("names the clients' data where the server has none of its own", () => {
  const page = render(
    fakeRun({ rounds: 3 }).map((event) =>
      event.type === 'run-started' ? { ...event, heldOutCount: 0 } : event,
    ),
  );
  expect(page).toContain('The final global model on clients&#39; held-out data');
  expect(page).toContain('Number of clients&#39; held-out examples');
  expect(page).not.toContain('server&#39;s held-out');
});

it('allows its own script and style by their hashes, and nothing else', () => {
  const page = render(fakeRun());
  const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)?.[1] ?? '';
  const hashOf = (text: string | undefined) =>
    createHash('sha256')
      .update(text ?? '')
      .digest('base64');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`style-src 'sha256-${hashOf(page.match(/<style>(.*?)<\/style>/s)?.[1])}'`);
  expect(policy).toContain(`script-src 'sha256-${hashOf(page.match(/<script>(.*?)<\/script>/s)?.[1])}'`);
  expect(page).not.toMatch(/ style="| on\w+="|(?:src|href)="(?!data:)/);
});

it('hashes the script as browsers see it, whatever its line ends', () => {
  const windows = renderReport({ config: {}, events: fakeRun() }, { ...ASSETS, script: 'var a;\r\nvar b;' });
  expect(windows).not.toContain('\r');
});

it('lets no text of a run become markup', () => {
  const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'';
  const events = fakeRun({ baselines: true, failedRounds: [2], clients: 60 }).map((event): RunEvent => {
    if (event.type === 'client-failed') return { ...event, reason: hostile };
    if (event.type === 'round-finished') return event.reason ? { ...event, reason: hostile } : event;
    if (event.type !== 'run-started') return event;
    const clients = event.clients.map((client) => ({ ...client, name: hostile }));
    const classNames = event.classNames.map(() => hostile);
    return { ...event, runId: hostile, model: hostile, engine: hostile, classNames, clients };
  });
  const page = render(events, { [hostile]: hostile, data: hostile, deep: { [hostile]: [hostile] } });
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(page.replaceAll(/<script.*?<\/script>/gs, '')).not.toContain('"\'');
  expect(chartsIn(page).length).toBeGreaterThan(3);
});

it('draws few clients as bars and many as a heat map and a curve', () => {
  const few = render(fakeRun({ clients: 30, rounds: 3 }));
  expect(few).not.toContain('heatmap"');
  expect(chartsIn(few).map(({ id }) => id)).not.toContain('clients');
  const many = render(fakeRun({ clients: 100, rounds: 3 }));
  expect(many).toContain('class="heatmap"');
  const chart = chartsIn(many).find(({ id }) => id === 'clients');
  const values = chart?.series[0]?.values as number[];
  expect(values).toHaveLength(100);
  expect(values).toEqual([...values].sort((one, other) => one - other));
});

it('lists the worst confusions instead of a matrix when there are many classes', () => {
  expect(titles(render(fakeRun({ classes: 62, rounds: 2 })))).toContain('Most frequent confusions');
});

it('stays small with thousands of rounds and clients', () => {
  const page = render(fakeRun({ clients: 1000, rounds: 1000, baselines: true }));
  expect(page.length).toBeLessThan(400_000);
});

it('keeps charts whole when a run diverged', () => {
  const events = fakeRun({ rounds: 4, unfinished: true }).map((event): RunEvent => {
    if (event.type !== 'round-finished' || event.round < 3 || !event.metrics) return event;
    return { ...event, metrics: { ...event.metrics, loss: null as unknown as number } };
  });
  const loss = chartsIn(render(events)).find(({ id }) => id === 'loss');
  expect(loss?.series[0]?.values).toMatchObject({ 3: null, 4: null });
});

it('has a script that is JavaScript, with the assets of the installed chart library', async () => {
  const assets = await loadReportAssets();
  const page = renderReport({ config: CONFIG, events: fakeRun() }, assets);
  const script = page.match(/<script>(.*?)<\/script>/s)?.[1] ?? '';
  expect(script).toContain('report-data');
  expect(() => new Script(script)).not.toThrow();
  expect(page).toContain('.u-select');
});

it('refuses an asset that would close its own element', () => {
  const assets = { ...ASSETS, script: '"</script>"' };
  expect(() => renderReport({ config: {}, events: fakeRun() }, assets)).toThrow(ConfigError);
});

it('sets the traffic against sending the raw data once', () => {
  const events = fakeRun({ rounds: 1 });
  const [started] = events;
  if (started?.type !== 'run-started') throw new TypeError('a run begins with run-started');
  const raw = started.trainCount * started.exampleBytes;
  expect(render(events)).toContain(`sending ${formatBytes(raw)} of examples once`);
});
