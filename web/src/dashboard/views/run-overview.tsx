/** A run at a glance: key figures, curves, the open round, who takes part, what it costs. */
import { useCallback } from 'preact/hooks';
import { failurePanel } from '../../../../src/charts/detail-panels.js';
import { populationChart } from '../../../../src/charts/population-chart.js';
import { bytesChart, metricCharts, wallChart } from '../../../../src/charts/round-charts.js';
import type { RunSummary } from '../../../../src/charts/run-summary.js';
import { tiles } from '../../../../src/charts/tiles.js';
import { trafficChart } from '../../../../src/charts/traffic-chart.js';
import { formatBytes, formatCount } from '../../../../src/format.js';
import type { Page, RunClient } from '../../../../src/server/control-messages.js';
import { ChartFigure } from '../parts/chart-figure.js';
import { Markup } from '../parts/markup.js';
import { RoundPanel } from '../parts/round-panel.js';
import { runPath } from '../state/api.js';
import type { LiveRun } from '../state/live-run.js';
import { usePolled } from '../state/poll.js';

const ASK_EVERY_MS = 10_000;

export function RunOverviewSection({
  summary,
  live,
  runId,
}: {
  summary: RunSummary;
  live: LiveRun;
  runId: string;
}) {
  const clients = usePolled<Page<RunClient>>(`${runPath(runId)}/clients`, ASK_EVERY_MS).answer.value?.items;
  const nameOf = useCallback(
    (clientId: number) =>
      clients?.find((client) => client.clientId === clientId)?.name || `client ${clientId}`,
    [clients],
  );
  const { started } = summary;
  const trainCount =
    started.trainCount || (clients ?? []).reduce((total, client) => total + (client.trainCount ?? 0), 0);
  // What each client trained is not followed here.
  const clientCount = Math.max(summary.clientCount, clients?.length ?? 0);
  const timeline = live.timeline.value;
  const metrics = metricCharts(summary);
  const bytes = bytesChart(summary, trainCount);
  const costs = [
    populationChart(summary),
    wallChart(summary),
    trafficChart(summary),
    bytes && { ...bytes, ...comparedBytes(trainCount, started.exampleBytes) },
  ];
  return (
    <>
      <Markup of={tiles({ ...summary, clientCount })} />
      {metrics.length > 0 ? (
        <section aria-labelledby="curves">
          <h2 id="curves">Curves</h2>
          <p class="note hint">
            Drag across a chart to zoom, double-click to go back. Press a name in a legend to hide its line.
          </p>
          <div class="panels">
            {metrics.map((chart) => (
              <ChartFigure key={chart.id} chart={chart} />
            ))}
          </div>
        </section>
      ) : (
        <p class="empty panel">
          {summary.rounds.length < 2
            ? 'Curves begin with the first round that is over.'
            : 'Nobody evaluates this run, so there are no curves: start one with data, or with evaluation by clients.'}
        </p>
      )}
      {timeline && !live.isOver.value && (
        <div class="panels single spaced">
          <RoundPanel timeline={timeline} state={live.state.value} nameOf={nameOf} />
        </div>
      )}
      {costs.some(Boolean) && (
        <section aria-labelledby="costs">
          <h2 id="costs">Clients and traffic</h2>
          <div class="panels">
            {costs.map((chart) => chart && <ChartFigure key={chart.id} chart={chart} />)}
            <Markup of={failurePanel(summary)} />
          </div>
        </section>
      )}
    </>
  );
}

/** What the dashed line is, in words. */
function comparedBytes(trainCount: number, exampleBytes: number): { readonly note?: string } {
  if (trainCount * exampleBytes === 0) return {};
  return {
    note: `Against sending the ${formatCount(trainCount)} training examples themselves, ${formatBytes(exampleBytes)} each.`,
  };
}
