/** The key figures of a run. */

import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMetric,
  formatPercent,
  formatPlural,
} from '../format.js';
import type { Metrics } from '../round/run-events.js';
import { type Html, html } from './html.js';
import { formatHeadline, headlineName, STOP_REASONS } from './result-sentence.js';
import { finite, meanOf, type RunSummary } from './run-summary.js';

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail: string | undefined;
}

/** The key figures. */
export function tiles(summary: RunSummary): Html {
  const known = [...resultTiles(summary), ...effortTiles(summary)];
  const across = [5, 9, 10].includes(known.length) ? 5 : [3, 6].includes(known.length) ? 3 : 4;
  return html`<dl class="tiles across${across}">${known.map(
    ({ name, value, detail }) =>
      html`<div class="tile"><dt>${name}</dt><dd><strong>${value}</strong>${detail && html`<span>${detail}</span>`}</dd></div>`,
  )}</dl>`;
}

function resultTiles(summary: RunSummary): readonly Tile[] {
  const { last, lastEvaluated, best, finished, headline } = summary;
  const what = headlineName(summary);
  const text = (value: number | undefined) => formatHeadline(value, headline);
  const tiles: Tile[] = [];
  const metrics = finished?.metrics ?? lastEvaluated?.metrics;
  if (metrics) {
    const { exampleCount, tokenCount } = metrics;
    tiles.push({
      name: `${finished ? 'Final' : 'Current'} ${what}`,
      value: text(metrics[headline]),
      detail: `on ${tokenCount === undefined ? formatPlural(exampleCount, 'held-out example') : formatPlural(tokenCount, 'held-out token')}`,
    });
    tiles.push(...tokenTiles(summary, metrics));
  }
  if (best && last && best.round !== last.round) {
    tiles.push({
      name: `Best ${what}`,
      value: text(best.metrics[headline]),
      detail: `in round ${formatCount(best.round)}`,
    });
  }
  const central = finite(summary.central.at(-1)?.metrics[headline]);
  if (central !== undefined)
    tiles.push({ name: 'Central training', value: text(central), detail: 'on pooled data' });
  const { ngram, isolated, started } = summary;
  if (ngram) {
    tiles.push({
      name: `${ngram.order}-gram model`,
      value: text(ngram.metrics[headline]),
      detail: 'counted on pooled data',
    });
  }
  const alone = meanOf(isolated.map((event) => event.metrics[headline]));
  if (alone !== undefined) {
    tiles.push({
      name: 'Clients alone',
      value: text(alone),
      detail:
        isolated.length < started.clients.length
          ? `mean of ${formatCount(isolated.length)} of ${formatPlural(started.clients.length, 'client')}`
          : `mean of ${formatPlural(isolated.length, 'client')}`,
    });
  }
  return tiles;
}

function tokenTiles({ started }: RunSummary, { top3Recall, perplexity }: Metrics): readonly Tile[] {
  if (started.task !== 'next-token') return [];
  const { vocabularySize = 0, coverage } = started;
  return [
    { name: 'Top-3 recall', value: formatPercent(top3Recall), detail: 'among three suggestions' },
    { name: 'Perplexity', value: formatMetric(perplexity), detail: 'the exponential of the loss' },
    {
      name: 'Vocabulary',
      value: formatCount(vocabularySize),
      detail: coverage === undefined ? 'tokens' : `${formatPercent(coverage)} of held-out tokens are in it`,
    },
  ];
}

function effortTiles(summary: RunSummary): readonly Tile[] {
  const { last, finished, started, clientCount, downBytes, upBytes } = summary;
  const total = downBytes + upBytes;
  const rawBytes = started.trainCount * started.exampleBytes;
  const rounds = finished?.rounds ?? last?.round ?? 0;
  const failed = summary.rounds.filter((event) => event.outcome === 'failed').length;
  const reason = finished ? STOP_REASONS[finished.reason] : `of ${formatCount(started.rounds)} so far`;
  return [
    {
      name: 'Rounds',
      value: formatCount(rounds),
      detail: failed > 0 ? `${reason}, ${failed} failed` : reason,
    },
    {
      name: 'Clients',
      value: formatCount(clientCount),
      detail: last && `${formatCount(last.cohortSize)} in the last round`,
    },
    {
      name: 'Bytes moved',
      value: formatBytes(total),
      detail: `${formatBytes(downBytes)} down, ${formatBytes(upBytes)} up`,
    },
    // A server may not know how many examples there are.
    ...(rawBytes > 0
      ? [
          {
            name: 'Against raw data',
            value: formatRatio(total / rawBytes),
            detail: `sending ${formatBytes(rawBytes)} of examples once`,
          },
        ]
      : []),
    { name: 'Wall time', value: formatDuration(summary.wallMs), detail: undefined },
  ];
}

function formatRatio(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio))} times`;
}
