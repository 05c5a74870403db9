/** A line chart as data: what the page's script draws, and the figure around it with its legend. */
import { type Html, html } from './html.js';

/** A column of numbers; null where there is none. */
export type Column = readonly (number | null)[];

/** How values on an axis are written. */
export type ValueFormat = 'percent' | 'number' | 'bytes' | 'milliseconds' | 'count';

/** One line of a chart. `tone` names a colour of the page's style. */
export interface Series {
  readonly name: string;
  readonly tone: string;
  /** As long as the chart's `x`; or one number for a horizontal line. */
  readonly values: Column | number;
  /** The area around the line, from `low` to `high`, and what it means. */
  readonly band?: { readonly low: Column | number; readonly high: Column | number; readonly name: string };
  readonly look?: 'line' | 'dashed' | 'bars' | 'points';
}

/** A chart over `x`; charts with the same `xName` share their cursor. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly xName: string;
  readonly x: readonly number[];
  /** What the legend says in place of a number of `x`, for example client names. */
  readonly xLabels?: readonly string[];
  readonly yName: string;
  readonly format: ValueFormat;
  readonly series: readonly Series[];
  /** Takes the whole width of the page. */
  readonly wide?: boolean;
  /** One sentence for those who cannot see the chart. */
  readonly summary: string;
}

/** The figure of a chart: its title, its legend, and the empty place that the script fills. */
export function chartFigure(chart: Chart): Html {
  return html`<figure class="panel${chart.wide && ' wide'}" aria-labelledby="${chart.id}-title">
<h3 id="${chart.id}-title">${chart.title}</h3>
${chart.note && html`<p class="note">${chart.note}</p>`}
<ul class="legend" data-legend="${chart.id}"><li class="at" data-at>${chart.xName}</li>${chart.series.map(legendItem)}</ul>
<div class="plot" data-chart="${chart.id}" role="img" aria-label="${chart.summary}"></div>
</figure>`;
}

function legendItem(series: Series, index: number): Html {
  const look = series.look ?? 'line';
  return html`<li><button type="button" aria-pressed="true" data-series="${index}"><i class="mark ${look} bg-${series.tone}"></i>${series.name}${
    series.band && html` <small>(band: ${series.band.name})</small>`
  } <b data-value></b></button></li>`;
}

/**
 * The numbers of a chart for the page's script: columns rounded to six significant digits, so that thousands
 * of rounds stay small. A scale that spans more than a factor of 20 (and no percentages) is logarithmic.
 */
export function chartData(chart: Chart): Record<string, unknown> {
  return {
    id: chart.id,
    xName: chart.xName,
    x: chart.x,
    xLabels: chart.xLabels,
    yName: chart.yName,
    format: chart.format,
    log: chart.format === 'number' && spansWide(chart.series),
    series: chart.series.map(({ tone, values, band, look }) => ({
      tone,
      look,
      values: compact(values),
      band: band && { low: compact(band.low), high: compact(band.high) },
    })),
  };
}

function compact(values: Column | number): Column | number {
  return typeof values === 'number'
    ? sixDigits(values)
    : values.map((value) => (value === null ? null : sixDigits(value)));
}

function sixDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}

function spansWide(series: readonly Series[]): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { values, band } of series) {
    for (const value of [values, band?.low ?? [], band?.high ?? []].flat()) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low > 0 && high > 20 * low;
}
