/** The report page's own script: draws the charts from the embedded numbers with uPlot. Runs in a browser. */

/** A classic script; needs the global `uPlot` and an element `#report-data` that holds the charts as JSON. */
export const PAGE_SCRIPT = `
(() => {
'use strict';
const charts = JSON.parse(document.getElementById('report-data').textContent);
const DASH = '\\u2013';
const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

const trim = (value, digits) => String(Number(value.toPrecision(digits)));
const scaled = (value, steps) => {
  let [size, unit] = steps[0];
  for (const step of steps) if (Math.abs(value) >= step[0]) [size, unit] = step;
  return trim(value / size, 4) + ' ' + unit;
};
const BYTES = [[1, 'B'], [1e3, 'kB'], [1e6, 'MB'], [1e9, 'GB'], [1e12, 'TB']];
const TIMES = [[1, 'ms'], [1e3, 's'], [6e4, 'min'], [36e5, 'h']];
const formats = {
  percent: { tick: (v) => trim(v * 100, 4) + '%', full: (v) => (v * 100).toFixed(1) + '%' },
  number: { tick: (v) => trim(v, 4), full: (v) => trim(v, 4) },
  count: { tick: (v) => trim(v, 9), full: (v) => trim(v, 9) },
  bytes: { tick: (v) => scaled(v, BYTES), full: (v) => scaled(v, BYTES) },
  milliseconds: { tick: (v) => scaled(v, TIMES), full: (v) => scaled(v, TIMES) },
};

/**
 * One column a line, a single number becoming a level line. Drawn in this order: first the bands' edges, then
 * the lines from the last to the first, so that the first lies on top.
 */
function columnsOf(chart) {
  const spread = (values) => (Array.isArray(values) ? values : chart.x.map(() => values));
  const columns = [chart.x];
  const bands = [];
  const owners = [];
  for (const series of chart.series) {
    if (!series.band) continue;
    series.bandAt = columns.length;
    columns.push(spread(series.band.high), spread(series.band.low));
    owners.push({ series, edge: true }, { series, edge: true });
    bands.push({ series: [series.bandAt, series.bandAt + 1], fill: tone(series.tone + '-soft') });
  }
  for (const series of [...chart.series].reverse()) {
    series.at = columns.length;
    columns.push(spread(series.values));
    owners.push({ series });
  }
  return { columns, bands, owners };
}

function lineOf(chart, owner) {
  const { series, edge } = owner;
  if (edge) return { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
  const color = tone(series.tone);
  const few = chart.x.length <= 40 && series.look !== 'dashed';
  const line = { stroke: color, width: chart.x.length > 400 ? 1.25 : 2, spanGaps: true, points: { show: few, size: 5, fill: color, width: 0 } };
  if (series.look === 'dashed') line.dash = [6, 4];
  if (series.look === 'points') Object.assign(line, { width: 0, paths: () => null, points: { show: true, size: 6, fill: color } });
  if (series.look === 'bars') Object.assign(line, { width: 0, fill: color, paths: uPlot.paths.bars({ size: [0.7, 24] }), points: { show: false } });
  return line;
}

/** Wide enough for the longest label, so that none is clipped. */
function axisSize(plot, labels, index, cycle) {
  const axis = plot.axes[index];
  if (cycle > 1) return axis._size;
  const longest = (labels || []).reduce((one, other) => (String(other || '').length > one.length ? String(other) : one), '');
  plot.ctx.font = axis.font[0];
  return Math.ceil(axis.ticks.size + axis.gap + plot.ctx.measureText(longest).width / devicePixelRatio) + 2;
}

function scalesOf(chart) {
  const padded = (plot, low, high) => {
    if (low === null) return [0, 1];
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    if (chart.format === 'percent') return [Math.max(0, low - room), Math.min(1, high + room)];
    return [chart.format === 'number' && low - room > 0 ? low - room : Math.min(0, low), high + room];
  };
  const bars = chart.series.some((series) => series.look === 'bars');
  const wide = (plot, low, high) => (bars || low === high ? [low - 0.6, high + 0.6] : [low, high]);
  const logRange = (plot, low, high) => (low === null ? [1, 10] : [uPlot.rangeLog(low, high, 10, false)[0], high * 1.2]);
  return { x: { time: false, range: wide }, y: chart.log ? { distr: 3, range: logRange } : { range: padded } };
}

function axesOf(chart) {
  const { tick } = formats[chart.format];
  const font = '12px system-ui, sans-serif';
  const common = { stroke: tone('muted'), font, labelFont: font, labelSize: 18, labelGap: 2,
    grid: { stroke: tone('line'), width: 1 }, ticks: { show: false, size: 4 } };
  const whole = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5];
  const y = { ...common, label: chart.yName + (chart.log ? ' (log scale)' : ''), size: axisSize,
    values: (plot, splits) => splits.map((v) => (v === null ? null : tick(v))) };
  if (chart.format === 'count') y.incrs = whole;
  return [{ ...common, label: chart.xName.toLowerCase(), size: 26, incrs: whole, space: 44 }, y];
}

/** The values at the cursor, or at the end. */
function showValues(chart, plot, columns) {
  const legend = document.querySelector('[data-legend="' + chart.id + '"]');
  const index = plot && plot.cursor.idx !== null && plot.cursor.idx !== undefined ? plot.cursor.idx : chart.x.length - 1;
  legend.querySelector('[data-at]').textContent = chart.xLabels ? chart.xLabels[index] : chart.xName + ' ' + chart.x[index];
  legend.querySelectorAll('[data-value]').forEach((place, series) => {
    const value = columns[chart.series[series].at][index];
    place.textContent = value === null || value === undefined ? DASH : formats[chart.format].full(value);
  });
}

function draw(place) {
  const chart = charts.find(({ id }) => id === place.dataset.chart);
  const { columns, bands, owners } = columnsOf(chart);
  const options = {
    width: place.clientWidth, height: place.clientWidth < 480 ? 230 : 280, padding: [10, 22, 0, 0],
    legend: { show: false }, scales: scalesOf(chart), axes: axesOf(chart), bands,
    cursor: { y: false, points: { size: 8 }, sync: chart.xName === 'Round' ? { key: 'round' } : undefined },
    focus: { alpha: 1 },
    series: [{}, ...owners.map((owner) => lineOf(chart, owner))],
    hooks: { setCursor: [(plot) => showValues(chart, plot, columns)] },
  };
  const plot = new uPlot(options, columns, place);
  showValues(chart, plot, columns);
  document.querySelectorAll('[data-legend="' + chart.id + '"] [data-series]').forEach((button) => {
    const series = chart.series[Number(button.dataset.series)];
    const apply = () => {
      const show = button.getAttribute('aria-pressed') === 'true';
      plot.setSeries(series.at, { show });
      if (series.bandAt) for (const edge of [0, 1]) plot.setSeries(series.bandAt + edge, { show });
    };
    button.onclick = () => {
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
      apply();
    };
    if (button.getAttribute('aria-pressed') !== 'true') apply();
  });
  return plot;
}

const places = [...document.querySelectorAll('[data-chart]')];
let plots = places.map(draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of plots) plot.destroy();
  plots = places.map(draw);
});
new ResizeObserver(() => {
  plots.forEach((plot, index) => {
    const width = places[index].clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: width < 480 ? 230 : 280 });
  });
}).observe(document.body);
})();
`;
