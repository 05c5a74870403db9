/** The script of a run's report: draws the charts whose numbers are in the page. */
import type { PlottedChart } from '../../../src/charts/chart.js';
import { plotFigure } from '../plot/plot-figure.js';

const numbers = document.getElementById('report-data')?.textContent ?? '[]';
for (const chart of JSON.parse(numbers) as PlottedChart[]) {
  const figure = document.querySelector(`[data-chart="${chart.id}"]`)?.closest('figure');
  if (figure) plotFigure(figure, chart);
}
