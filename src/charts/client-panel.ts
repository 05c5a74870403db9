/** How the final model does on each client's own held-out examples. */

import { formatMetric, formatPercent } from '../format.js';
import type { ClientsEvaluated } from '../round/run-events.js';
import { type BarPart, barTable, toneHeading } from './bars.js';
import type { Chart } from './chart.js';
import { type Html, html } from './html.js';
import { type ModelWords, modelWords } from './model-words.js';
import { finite, type RunSummary } from './run-summary.js';

const MOST_BARS = 40;

interface ClientResult {
  readonly name: string;
  readonly value: number | undefined;
  readonly alone: number | undefined;
}

/** Sorted bars for up to 40 clients; see `clientChart` for more. */
export function clientPanel(summary: RunSummary): Html | undefined {
  const { clients: evaluated } = summary;
  if (!evaluated || evaluated.clients.length === 0 || evaluated.clients.length > MOST_BARS) return undefined;
  const { results, text, title } = sortedResults(summary, evaluated);
  const hasAlone = results.some(({ alone }) => alone !== undefined);
  const known = results.flatMap(({ value, alone }) => [value ?? 0, alone ?? 0]);
  const largest = summary.started.task === 'classification' ? 1 : Math.max(...known) || 1;
  const rows = results.map(({ name, value, alone }) => ({
    name,
    bars: [bar(value, 'federated', largest), ...(hasAlone ? [bar(alone, 'isolated', largest)] : [])],
    values: [text(value), ...(hasAlone ? [text(alone)] : [])],
  }));
  return html`<figure class="panel" aria-labelledby="clients-title">
<h3 id="clients-title">${title}</h3>
<p class="note">${explain(modelWords(summary), hasAlone)}</p>
${barTable(title, ['Client', metricName(summary), toneHeading(modelWords(summary).column, 'federated'), ...(hasAlone ? [toneHeading('Alone', 'isolated')] : [])], rows)}
</figure>`;
}

function bar(value: number | undefined, tone: string, largest: number): readonly BarPart[] {
  const track: BarPart = { start: 0, share: 1, tone: 'track' };
  return [track, { start: 0, share: (value ?? 0) / largest, tone }];
}

/** The same for more clients: a curve of all, from the worst to the best. */
export function clientChart(summary: RunSummary): Chart | undefined {
  const { clients: evaluated } = summary;
  if (!evaluated || evaluated.clients.length <= MOST_BARS) return undefined;
  const { results, text, title } = sortedResults(summary, evaluated);
  const alone = results.map((result) => result.alone ?? null);
  const hasAlone = alone.some((value) => value !== null);
  const { spread } = evaluated;
  return {
    id: 'clients',
    title,
    note: explain(modelWords(summary), hasAlone),
    wide: true,
    xName: 'Clients, worst to best',
    x: results.map((_, index) => index + 1),
    xLabels: results.map(({ name }) => name),
    yName: metricName(summary).toLowerCase(),
    format: isAccuracy(summary) ? 'percent' : 'number',
    series: [
      ...(hasAlone
        ? [{ name: 'Trained alone', tone: 'isolated', values: alone, look: 'points' as const }]
        : []),
      {
        name: modelWords(summary).name,
        tone: 'federated',
        values: results.map(({ value }) => value ?? null),
      },
    ],
    summary: `${title}: mean ${text(spread.mean)}, worst ${text(spread.worst)}, best ${text(spread.best)}.`,
  };
}

function sortedResults(summary: RunSummary, evaluated: ClientsEvaluated) {
  const accuracy = isAccuracy(summary);
  const names = new Map(summary.started.clients.map(({ clientId, name }) => [clientId, name]));
  const metric = accuracy ? 'accuracy' : 'loss';
  const alone = new Map(
    summary.isolated.map((event) => [event.clientId, finite(event.ownMetrics?.[metric])]),
  );
  const results: ClientResult[] = evaluated.clients.map(({ clientId, value }) => ({
    name: names.get(clientId) ?? `client ${clientId}`,
    value: finite(value),
    alone: alone.get(clientId),
  }));
  const worst = accuracy ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const sign = accuracy ? 1 : -1;
  results.sort((one, other) => sign * compare(one.value ?? worst, other.value ?? worst));
  const text: (value: number | undefined) => string = accuracy ? formatPercent : formatMetric;
  return { results, text, title: `${metricName(summary)} per client` };
}

/** Infinity minus infinity is no number, so the difference will not do. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function metricName({ started }: RunSummary): string {
  if (started.task === 'regression') return 'Loss';
  return started.task === 'next-token' ? 'Top-1 recall' : 'Accuracy';
}

function isAccuracy({ started }: RunSummary): boolean {
  return started.task !== 'regression';
}

function explain({ onClients }: ModelWords, hasAlone: boolean): string {
  return hasAlone
    ? `${onClients}; beside it the model that the client trained alone, on the same examples.`
    : `${onClients}.`;
}
