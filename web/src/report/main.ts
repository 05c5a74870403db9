/** The script of a run's report: draws the charts whose numbers are in the page. */
import uPlot from 'uplot';

export const library = uPlot;
