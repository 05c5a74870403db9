/** Who has which examples: stacked bars for a few clients, a heat map for many. */

import { formatCount, formatPlural } from '../format.js';
import type { ClientSummary, RunStarted } from '../round/run-events.js';
import { type BarPart, barTable } from './bars.js';
import { type Html, html } from './html.js';

const MOST_STACKED_CLIENTS = 30;
/** Colours that the page's style has for labels. */
const MOST_STACKED_CLASSES = 12;
const HEAT_LEVELS = 8;
const MOST_HEAT_CELLS = 8000;

/** The panel of the clients' training examples, by label where there are labels. */
export function labelPanel({ clients, classNames }: RunStarted): Html | undefined {
  if (clients.length === 0) return undefined;
  const labelled = classNames.length > 0 && clients.every((client) => client.labelCounts !== undefined);
  const title = labelled ? 'Labels per client' : 'Examples per client';
  const few =
    clients.length <= MOST_STACKED_CLIENTS && (!labelled || classNames.length <= MOST_STACKED_CLASSES);
  return html`<figure class="panel${!few && ' wide'}" aria-labelledby="labels-title">
<h3 id="labels-title">${title}</h3>
<p class="note">${describeSizes(clients)}</p>
${few ? stackedBars(clients, labelled ? classNames : []) : heatMap(clients, labelled ? classNames : [])}
</figure>`;
}

function describeSizes(clients: readonly ClientSummary[]): string {
  const sizes = clients.map((client) => client.trainCount).sort((one, other) => one - other);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const middle = Math.round((sizes[(sizes.length - 1) >> 1]! + sizes[sizes.length >> 1]!) / 2);
  return `${formatPlural(total, 'training example')} on ${formatPlural(clients.length, 'client')}: from ${formatCount(
    sizes[0]!,
  )} to ${formatCount(sizes.at(-1)!)} each, half of the clients have at most ${formatCount(middle)}.`;
}

function stackedBars(clients: readonly ClientSummary[], classNames: readonly string[]): Html {
  const largest = Math.max(1, ...clients.map((client) => client.trainCount));
  const rows = clients.map((client) => {
    const counts = classNames.length > 0 ? (client.labelCounts ?? []) : [client.trainCount];
    const nameOf = (label: number) =>
      classNames.length > 0 ? (classNames[label] ?? String(label)) : 'examples';
    let start = 0;
    const parts: BarPart[] = [];
    counts.forEach((count, label) => {
      if (count === 0) return;
      const tone = classNames.length > 0 ? `k${label}` : 'global';
      const title = `${client.name}, ${nameOf(label)}: ${formatCount(count)}`;
      parts.push({ start: start / largest, share: count / largest, tone, title });
      start += count;
    });
    const label = counts.map((count, index) => `${nameOf(index)}: ${formatCount(count)}`).join(', ');
    return { name: client.name, bars: [parts], values: [formatCount(client.trainCount)], label };
  });
  const key = classNames.map((name, label) => html`<li><i class="mark bg-k${label}"></i>${name}</li>`);
  return html`${key.length > 0 && html`<ul class="legend">${key}</ul>`}${barTable(
    'Training examples of each client',
    ['Client', 'Examples', 'Total'],
    rows,
  )}`;
}

/** Columns are clients (neighbours are averaged when there are too many), rows are labels, dark is many. */
function heatMap(clients: readonly ClientSummary[], classNames: readonly string[]): Html {
  const most = Math.max(60, Math.floor(MOST_HEAT_CELLS / Math.max(1, classNames.length)));
  const columns = Math.min(clients.length, most);
  const groups = Array.from({ length: columns }, (_, column) =>
    clients.slice(
      Math.floor((column * clients.length) / columns),
      Math.floor(((column + 1) * clients.length) / columns),
    ),
  );
  const sizes = groups.map((group) => mean(group, (client) => client.trainCount));
  const counts = classNames.map((_, label) =>
    groups.map((group) => mean(group, (client) => client.labelCounts?.[label] ?? 0)),
  );
  const largest = counts.reduce((top, row) => row.reduce((one, other) => Math.max(one, other), top), 1);
  const column =
    columns === clients.length
      ? 'one client'
      : `the mean of about ${Math.round(clients.length / columns)} clients`;
  return html`<p class="note">A column is ${column}, in the order of their numbers. ${
    classNames.length > 0 && `The darkest cell is ${formatCount(Math.round(largest))} examples.`
  }</p>
<div class="heatmap${classNames.length > 20 && ' dense'}"><span class="heat-name">size</span>${sizeStrip(sizes)}${classNames.map(
    (name, label) =>
      html`<span class="heat-name" title="${name}">${name}</span>${heatRow(name, counts[label] ?? [], largest)}`,
  )}</div>`;
}

function sizeStrip(sizes: readonly number[]): Html {
  const largest = sizes.reduce((one, other) => Math.max(one, other), 1);
  const bars = sizes.map((size, x) => {
    const height = Math.round((size / largest) * 100) / 10;
    return `M${x} 10h.9v-${height}h-.9z`;
  });
  return html`<svg class="sizes" viewBox="0 0 ${sizes.length} 10" preserveAspectRatio="none" role="img" aria-label="Examples of each client, at most ${Math.round(
    largest,
  )}"><path class="fill-global" d="${bars.join('')}"/></svg>`;
}

/** One path for each shade, with neighbours of one shade joined, so that hundreds of clients stay small. */
function heatRow(name: string, counts: readonly number[], largest: number): Html {
  const paths = Array.from({ length: HEAT_LEVELS }, () => '');
  for (let from = 0; from < counts.length; ) {
    const level = heatLevel(counts[from]!, largest);
    let to = from + 1;
    while (to < counts.length && heatLevel(counts[to]!, largest) === level) to++;
    if (level >= 0) paths[level] += `M${from} 0h${to - from}v1h-${to - from}z`;
    from = to;
  }
  const holders = counts.filter((count) => count > 0).length;
  return html`<svg class="heat-row" viewBox="0 0 ${counts.length} 1" preserveAspectRatio="none" role="img" aria-label="${name}: in ${holders} of ${
    counts.length
  } columns">${paths.map((path, level) => path !== '' && html`<path class="heat${level}" d="${path}"/>`)}</svg>`;
}

function heatLevel(count: number, largest: number): number {
  return count <= 0 ? -1 : Math.min(HEAT_LEVELS - 1, Math.floor((count / largest) * HEAT_LEVELS));
}

function mean<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0) / items.length;
}
