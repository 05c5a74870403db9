/** How many clients there were in each round: who could be asked, who was, who trained, who failed. */
import { formatPlural } from '../format.js';
import type { Chart, Series } from './chart.js';
import type { RunSummary } from './run-summary.js';

/** None before a round has asked clients. */
export function populationChart({ rounds, openings, started }: RunSummary): Chart | undefined {
  const asked = rounds.filter((event) => event.round > 0);
  if (asked.length === 0) return undefined;
  const known = new Map(openings.map(({ round, availableCount }) => [round, availableCount]));
  const available = asked.map(({ round }) => known.get(round) ?? null);
  const population: Series = { name: 'Available', tone: 'isolated', values: available, look: 'dashed' };
  const last = asked.at(-1);
  return {
    id: 'population',
    title: 'Clients per round',
    xName: 'Round',
    x: asked.map(({ round }) => round),
    yName: 'clients',
    format: 'count',
    series: [
      ...(available.some((count) => count !== null) ? [population] : []),
      { name: 'Asked', tone: 'global', values: asked.map(({ cohortSize }) => cohortSize) },
      { name: 'Trained', tone: 'federated', values: asked.map(({ trainedCount }) => trainedCount) },
      { name: 'Failed', tone: 'failed', values: asked.map(({ failedCount }) => failedCount), look: 'bars' },
    ],
    summary: `Clients per round: in round ${last?.round} of ${formatPlural(started.rounds, 'round')}, ${last?.cohortSize} asked, ${last?.trainedCount} trained, ${last?.failedCount} failed.`,
  };
}
