/** How uPlot draws one of our charts: its lines, scales and axes. */
import uPlot from 'uplot';
import type { PlottedChart } from '../../../src/charts/chart.js';
import type { DrawnLine } from './chart-columns.js';
import { tone } from './tones.js';
import { valueFormats } from './value-formats.js';

const FONT = '12px system-ui, sans-serif';
/** More rounds than this are drawn without points, or with thinner lines. */
const MOST_POINTS = 40;
const MANY_ROUNDS = 400;
const NARROW_PX = 480;
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6];

/** The height that a chart of this width has. */
export function heightFor(width: number): number {
  return width < NARROW_PX ? 230 : 280;
}

export function plotOptions(
  chart: PlottedChart,
  lines: readonly DrawnLine[],
  width: number,
  hooks: uPlot.Hooks.Arrays,
): uPlot.Options {
  return {
    ...{ width, height: heightFor(width), padding: [10, 22, 0, 0], legend: { show: false } },
    scales: scalesOf(chart),
    axes: axesOf(chart),
    bands: bandsOf(lines),
    cursor: {
      ...{ y: false, points: { size: 8 } },
      // Charts over rounds point at the same round.
      ...(chart.xName === 'Round' ? { sync: { key: 'round' } } : {}),
    },
    focus: { alpha: 1 },
    series: [{}, ...lines.map((line) => seriesOf(chart, line))],
    hooks,
  };
}

function bandsOf(lines: readonly DrawnLine[]): uPlot.Band[] {
  return lines.flatMap(({ series, edge, index }, at) =>
    edge && lines[at + 1]?.edge && lines[at + 1]?.index === index
      ? [{ series: [at + 1, at + 2] as [number, number], fill: tone(`${series.tone}-soft`) }]
      : [],
  );
}

function seriesOf(chart: PlottedChart, { series, edge }: DrawnLine): uPlot.Series {
  if (edge) return { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
  const color = tone(series.tone);
  if (series.look === 'points') {
    return { stroke: color, width: 0, paths: () => null, points: { show: true, size: 6, fill: color } };
  }
  if (series.look === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [0.7, 24] });
    return { stroke: color, width: 0, fill: color, points: { show: false }, ...(paths ? { paths } : {}) };
  }
  const dashed = series.look === 'dashed';
  return {
    ...{ stroke: color, width: chart.x.length > MANY_ROUNDS ? 1.25 : 2, spanGaps: true },
    points: { show: chart.x.length <= MOST_POINTS && !dashed, size: 5, fill: color, width: 0 },
    ...(dashed ? { dash: [6, 4] } : {}),
  };
}

function scalesOf(chart: PlottedChart): uPlot.Scales {
  const isWhole = chart.series.some(({ look }) => look === 'bars');
  const across: uPlot.Scale.Range = (_, low, high) =>
    isWhole || low === high ? [low - 0.6, high + 0.6] : [low, high];
  const up: uPlot.Scale.Range = chart.log
    ? (_, low, high) =>
        low === null || high === null ? [1, 10] : [uPlot.rangeLog(low, high, 10, false)[0] ?? low, high * 1.2]
    : (_, low, high) => padded(chart, low, high);
  return { x: { time: false, range: across }, y: { ...(chart.log ? { distr: 3 as const } : {}), range: up } };
}

function padded({ format }: PlottedChart, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  if (format === 'percent') return [Math.max(0, low - room), Math.min(1, high + room)];
  return [format === 'number' && low - room > 0 ? low - room : Math.min(0, low), high + room];
}

function axesOf(chart: PlottedChart): uPlot.Axis[] {
  const { tick } = valueFormats[chart.format];
  const common: uPlot.Axis = {
    ...{ stroke: tone('muted'), font: FONT, labelFont: FONT, labelSize: 18, labelGap: 2 },
    grid: { stroke: tone('line'), width: 1 },
    ticks: { show: false, size: 4 },
  };
  return [
    { ...common, label: chart.xName.toLowerCase(), size: 26, incrs: WHOLE_STEPS, space: 44 },
    {
      ...common,
      ...{ label: chart.yName + (chart.log ? ' (log scale)' : ''), size: axisSize },
      values: (_, splits) => splits.map((value) => (value === null ? null : tick(value))),
      ...(chart.format === 'count' ? { incrs: WHOLE_STEPS } : {}),
    },
  ];
}

/** What uPlot makes of an axis. */
interface DrawnAxis {
  readonly font?: readonly [string];
  readonly ticks?: { readonly size: number };
  readonly gap?: number;
}

/** Wide enough for the longest label, so that none is clipped. */
function axisSize(plot: uPlot, labels: readonly (string | null)[] | null, index: number): number {
  const { font, ticks, gap } = plot.axes[index] as unknown as DrawnAxis;
  const longest = (labels ?? []).reduce<string>(
    (one, other) => (other !== null && other.length > one.length ? other : one),
    '',
  );
  plot.ctx.font = font?.[0] ?? FONT;
  const width = plot.ctx.measureText(longest).width / devicePixelRatio;
  return Math.ceil((ticks?.size ?? 0) + (gap ?? 0) + width) + 2;
}
