/** Draws a chart into the figure that `chartFigure` makes, and keeps figure and legend up to date. */
import uPlot from 'uplot';
import type { PlottedChart } from '../../../src/charts/chart.js';
import { chartColumns, type DrawnLine, drawnLines, shapeOf } from './chart-columns.js';
import { heightFor, plotOptions } from './plot-options.js';
import { onTonesChange } from './tones.js';
import { valueFormats } from './value-formats.js';

const NOTHING = '\u2013';

/** A chart on the page. */
export interface PlottedFigure {
  /** Shows other numbers; a part that the reader has zoomed into stays. */
  update(chart: PlottedChart): void;
  destroy(): void;
}

/** @param figure has the places `data-chart` and `data-legend` */
export function plotFigure(figure: Element, first: PlottedChart): PlottedFigure {
  const found = figure.querySelector<HTMLElement>('[data-chart]');
  if (!found) return { update() {}, destroy() {} };
  const place = found;
  let chart = first;
  let drawn = draw();
  let shape = shapeOf(chart);

  function draw() {
    const lines = drawnLines(chart);
    const columns = chartColumns(chart, lines);
    const width = place.clientWidth;
    let zoomed = false;
    const hooks: uPlot.Hooks.Arrays = {
      setCursor: [(plot) => showValues(figure, chart, plot)],
      setSelect: [
        (plot) => {
          zoomed ||= plot.select.width > 0;
        },
      ],
    };
    const plot = new uPlot(plotOptions(chart, lines, width, hooks), columns as uPlot.AlignedData, place);
    plot.over.addEventListener('dblclick', () => {
      zoomed = false;
    });
    for (const { index } of lines) showOrHide(figure, plot, lines, index);
    showValues(figure, chart, plot);
    return { plot, lines, isZoomed: () => zoomed };
  }
  const redraw = () => {
    drawn.plot.destroy();
    drawn = draw();
    shape = shapeOf(chart);
  };
  const press = (event: Event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-series]');
    if (!button) return;
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    showOrHide(figure, drawn.plot, drawn.lines, Number(button.dataset.series));
  };
  const legend = figure.querySelector('[data-legend]');
  legend?.addEventListener('click', press);
  const size = new ResizeObserver(() => {
    const width = place.clientWidth;
    if (width > 0 && width !== drawn.plot.width) drawn.plot.setSize({ width, height: heightFor(width) });
  });
  size.observe(place);
  const forget = onTonesChange(redraw);
  return {
    update(next) {
      chart = next;
      if (shapeOf(next) !== shape) return redraw();
      const columns = chartColumns(next, drawnLines(next)) as uPlot.AlignedData;
      const isZoomed = drawn.isZoomed();
      drawn.plot.setData(columns, !isZoomed);
      // The scales stay, the lines do not.
      if (isZoomed) drawn.plot.redraw(true, false);
      showValues(figure, next, drawn.plot);
    },
    destroy() {
      legend?.removeEventListener('click', press);
      size.disconnect();
      forget();
      drawn.plot.destroy();
    },
  };
}

/** The line of a series and its band, as its button in the legend says. */
function showOrHide(figure: Element, plot: uPlot, lines: readonly DrawnLine[], index: number): void {
  const button = figure.querySelector(`[data-series="${index}"]`);
  const show = button?.getAttribute('aria-pressed') !== 'false';
  for (const [at, line] of lines.entries()) {
    if (line.index === index && plot.series[at + 1]?.show !== show) plot.setSeries(at + 1, { show });
  }
}

/** The values at the cursor, or at the end. */
function showValues(figure: Element, { x, xLabels, xName, series, format }: PlottedChart, plot: uPlot): void {
  const index = plot.cursor.idx ?? x.length - 1;
  const at = figure.querySelector('[data-at]');
  if (at) at.textContent = xLabels?.[index] ?? `${xName} ${x[index]}`;
  const places = figure.querySelectorAll('[data-value]');
  for (const [number, place] of places.entries()) {
    const values = series[number]?.values;
    const value = typeof values === 'number' ? values : values?.[index];
    place.textContent = typeof value === 'number' ? valueFormats[format].full(value) : NOTHING;
  }
}
