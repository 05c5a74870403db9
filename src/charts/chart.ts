/** A line chart as data: what is drawn, and the figure around it with its legend. */
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

/** The figure of a chart: its title, its legend, and the empty place that `plotFigure` fills. */
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

/** A chart's numbers as they are drawn. */
export interface PlottedChart extends Omit<Chart, 'title' | 'note' | 'wide' | 'summary'> {
  /** Whether the scale is logarithmic. */
  readonly log: boolean;
}

/** A scale that spans more than a factor of 20 (and no percentages) is logarithmic. */
export function plottedChart({
  title: _,
  note: __,
  wide: ___,
  summary: ____,
  ...chart
}: Chart): PlottedChart {
  return { ...chart, log: chart.format === 'number' && spansWide(chart.series) };
}

/** The same with six significant digits, so that thousands of rounds stay small in a file. */
export function compactChart(chart: PlottedChart): PlottedChart {
  return {
    ...chart,
    series: chart.series.map(({ values, band, ...series }) => ({
      ...series,
      values: compact(values),
      ...(band && { band: { ...band, low: compact(band.low), high: compact(band.high) } }),
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
  const see = (values: Column | number) => {
    for (const value of typeof values === 'number' ? [values] : values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  };
  for (const { values, band } of series) {
    see(values);
    if (band) for (const edge of [band.low, band.high]) see(edge);
  }
  return low > 0 && high > 20 * low;
}
