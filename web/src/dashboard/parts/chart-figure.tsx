/** A chart that follows its numbers: drawn anew only where its lines are others. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import { type Chart, chartFigure, plottedChart } from '../../../../src/charts/chart.js';
import { shapeOf } from '../../plot/chart-columns.js';
import { type PlottedFigure, plotFigure } from '../../plot/plot-figure.js';

interface Drawn {
  readonly shape: string;
  readonly figure: PlottedFigure;
}

export function ChartFigure({ chart }: { chart: Chart | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  useEffect(() => {
    if (!place.current || !chart) return;
    const plotted = plottedChart(chart);
    const shape = `${shapeOf(plotted)} ${chart.title} ${chart.note ?? ''} ${chart.wide ?? false}`;
    if (drawn.current?.shape === shape) {
      drawn.current.figure.update(plotted);
      place.current.querySelector('.plot')?.setAttribute('aria-label', chart.summary);
      return;
    }
    drawn.current?.figure.destroy();
    place.current.innerHTML = chartFigure(chart).markup;
    drawn.current = { shape, figure: plotFigure(place.current, plotted) };
  }, [chart]);
  useEffect(() => () => drawn.current?.figure.destroy(), []);
  return chart ? <div class="slot" ref={place} /> : null;
}
