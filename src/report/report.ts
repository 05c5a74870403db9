/** A run as one HTML file that needs nothing else: no network, no other file. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Chart, chartFigure, compactChart, plottedChart } from '../charts/chart.js';
import { classPanel, confusionPanel } from '../charts/class-panels.js';
import { clientChart, clientPanel } from '../charts/client-panel.js';
import { configPanel, eventPanel, failurePanel } from '../charts/detail-panels.js';
import { embedJson, type Html, html, trustedHtml } from '../charts/html.js';
import { labelPanel } from '../charts/label-panel.js';
import { costCharts, metricCharts } from '../charts/round-charts.js';
import { summarizeRun } from '../charts/run-summary.js';
import { suggestionPanel } from '../charts/suggestion-panel.js';
import { tiles } from '../charts/tiles.js';
import { ConfigError, StoreError } from '../errors.js';
import type { RunEvent } from '../round/run-events.js';
import { header } from './header.js';

/** What the report shows. */
export interface ReportInput {
  readonly config: Record<string, unknown>;
  readonly events: readonly RunEvent[];
}

/** What is inlined: the script that draws the charts, and the page's style. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cpath fill='%231f5fd6' d='M0 0h9v9H0z'/%3E%3Cpath fill='%230b8a6b' d='M11 0h9v9h-9z'/%3E%3Cpath fill='%23b4590a' d='M0 11h9v9H0z'/%3E%3Cpath fill='%238a5aa8' d='M11 11h9v9h-9z'/%3E%3C/svg%3E";

/**
 * Renders a run, finished or not, as one HTML page. Its policy allows the inlined script and style by their
 * hashes and nothing else; panels without data are left out.
 *
 * @throws {ConfigError} when there is no `run-started` event, or an asset cannot stand inside its element.
 */
export function renderReport(input: ReportInput, assets: ReportAssets): string {
  const summary = summarizeRun(input.events);
  const perClient = clientChart(summary);
  const metrics = metricCharts(summary);
  const costs = costCharts(summary);
  const charts = [...metrics, ...(perClient ? [perClient] : []), ...costs];
  const script = charts.length > 0 ? inlined(assets.script, 'script') : '';
  const style = inlined(assets.style, 'style');
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    ...(script ? [`script-src '${hashOf(script)}'`] : []),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustedHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${summary.started.runId} · Tessera run report</title>
<link rel="icon" href="${trustedHtml(ICON)}">
<style>${trustedHtml(style)}</style>
</head>
<body>
${header(summary, input.config)}
<main>
${tiles(summary)}
${charts.length > 0 && html`<noscript><p class="panel">The curves need JavaScript; everything else is below.</p></noscript>`}
${section('Curves', metrics.map(chartFigure), 'Drag across a chart to zoom, double-click to go back. Press a name in a legend to hide its line.')}
${section('Clients', [labelPanel(summary.started), clientPanel(summary), perClient && chartFigure(perClient)])}
${section('Suggestions', [suggestionPanel(summary)])}
${section('Classes', [classPanel(summary), confusionPanel(summary)])}
${section('Cost and failures', [...costs.map(chartFigure), failurePanel(summary)])}
${section('Details', [configPanel(input.config), eventPanel(input.events)])}
</main>
${charts.length > 0 && chartScripts(charts, script)}
</body>
</html>
`;
  return page.markup;
}

function section(title: string, panels: readonly (Html | undefined)[], hint?: string): Html | undefined {
  if (!panels.some((panel) => panel !== undefined)) return undefined;
  const id = title.toLowerCase().replaceAll(' ', '-');
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${hint && html`<p class="note hint">${hint}</p>`}
<div class="panels">${panels}</div></section>`;
}

function chartScripts(charts: readonly Chart[], script: string): Html {
  return html`<script type="application/json" id="report-data">${embedJson(
    charts.map((chart) => compactChart(plottedChart(chart))),
  )}</script>
<script>${trustedHtml(script)}</script>`;
}

/** Browsers hash what they parsed: line ends as \n. */
function inlined(text: string, name: string): string {
  if (/<\/(?:script|style)|<!--/i.test(text)) {
    throw new ConfigError(`${name} must not hold "</script", "</style" or "<!--", got a text that does`);
  }
  return text.replace(/\r\n?/g, '\n');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/**
 * Reads the script and the style, which the build has made for pages of all kinds.
 *
 * @throws {StoreError} where this is a build without them.
 */
export async function loadReportAssets(): Promise<ReportAssets> {
  const read = (name: string) => readFile(new URL(`../../dist/web/${name}`, import.meta.url), 'utf8');
  try {
    const [script, style] = await Promise.all([read('report-charts.js'), read('report.css')]);
    return { script, style };
  } catch (cause) {
    throw new StoreError(
      'report.html must have dist/web/report-charts.js and dist/web/report.css to be made, got neither: run npm run build',
      { cause },
    );
  }
}
