/** How the values of a chart are written: short on an axis, whole in the legend. */
import type { ValueFormat } from '../../../src/charts/chart.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMetric,
  formatPercent,
} from '../../../src/format.js';

export interface ValueWriter {
  tick(value: number): string;
  full(value: number): string;
}

type Unit = readonly [size: number, name: string];

const BYTES: readonly Unit[] = [
  [1, 'B'],
  [1e3, 'kB'],
  [1e6, 'MB'],
  [1e9, 'GB'],
  [1e12, 'TB'],
];
const TIMES: readonly Unit[] = [
  [1, 'ms'],
  [1e3, 's'],
  [6e4, 'min'],
  [36e5, 'h'],
];

export const valueFormats: Readonly<Record<ValueFormat, ValueWriter>> = {
  percent: { tick: (value) => `${short(value * 100, 4)}%`, full: formatPercent },
  number: { tick: (value) => short(value, 4), full: formatMetric },
  count: { tick: (value) => formatCount(Number(short(value, 9))), full: formatCount },
  bytes: { tick: (value) => scaled(value, BYTES), full: formatBytes },
  milliseconds: { tick: (value) => scaled(value, TIMES), full: formatDuration },
};

function scaled(value: number, units: readonly Unit[]): string {
  const [size, name] = units.findLast(([size]) => Math.abs(value) >= size) ?? units[0]!;
  return `${short(value / size, 4)} ${name}`;
}

function short(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
