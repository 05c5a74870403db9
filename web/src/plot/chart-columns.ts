/** From a chart's series to the columns that uPlot draws. */
import type { Column, PlottedChart, Series } from '../../../src/charts/chart.js';

/** One column behind `x`: a line, or an edge of the band around one. */
export interface DrawnLine {
  readonly series: Series;
  /** Its number among the chart's series. */
  readonly index: number;
  readonly edge: boolean;
}

/**
 * What is drawn, in this order: the edges of bands first (the upper, then the lower), then the lines from the last to
 * the first, so that the first lies on top.
 */
export function drawnLines({ series }: PlottedChart): readonly DrawnLine[] {
  const numbered = series.map((one, index) => ({ series: one, index }));
  return [
    ...numbered.flatMap((one) =>
      one.series.band
        ? [
            { ...one, edge: true },
            { ...one, edge: true },
          ]
        : [],
    ),
    ...numbered.toReversed().map((one) => ({ ...one, edge: false })),
  ];
}

/** The columns of these lines behind `x`; one number becomes a level line. */
export function chartColumns({ x }: PlottedChart, lines: readonly DrawnLine[]): [number[], ...Column[]] {
  const upper = new Set<number>();
  const columns = lines.map(({ series, index, edge }) => {
    if (!edge || !series.band) return spread(series.values, x.length);
    if (upper.has(index)) return spread(series.band.low, x.length);
    upper.add(index);
    return spread(series.band.high, x.length);
  });
  return [x as number[], ...columns];
}

function spread(values: Column | number, length: number): Column {
  return typeof values === 'number' ? new Array<number>(length).fill(values) : values;
}

/** Charts of one shape can take each other's numbers; others are drawn anew. */
export function shapeOf({ id, xName, yName, format, log, series }: PlottedChart): string {
  const lines = series.map(({ name, tone, look, band }) => [name, tone, look, band !== undefined]);
  return JSON.stringify([id, xName, yName, format, log, lines]);
}
