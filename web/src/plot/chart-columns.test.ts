import { expect, it } from 'vitest';
import type { PlottedChart } from '../../../src/charts/chart.js';
import { chartColumns, drawnLines, shapeOf } from './chart-columns.js';

const chart: PlottedChart = {
  ...{ id: 'a', xName: 'Round', x: [0, 1], yName: 'y', format: 'number', log: false },
  series: [
    { name: 'first', tone: 'global', values: [1, 2] },
    { name: 'second', tone: 'isolated', values: 5, band: { low: [3, 4], high: 9, name: 'all' } },
  ],
};

it('draws bands below all lines, and the first line on top', () => {
  const lines = drawnLines(chart);
  expect(lines.map(({ series, edge }) => [series.name, edge])).toEqual([
    ...[
      ['second', true],
      ['second', true],
      ['second', false],
      ['first', false],
    ],
  ]);
  expect(chartColumns(chart, lines)).toEqual([
    [0, 1],
    [9, 9],
    [3, 4],
    [5, 5],
    [1, 2],
  ]);
});

it('keeps its shape with other numbers, and has another with other lines', () => {
  const grown = {
    ...chart,
    x: [0, 1, 2],
    series: chart.series.map((one) => ({ ...one, values: [1, 2, 3] })),
  };
  expect(shapeOf(grown)).toBe(shapeOf(chart));
  expect(shapeOf({ ...chart, series: chart.series.slice(1) })).not.toBe(shapeOf(chart));
});
