/** The clients of a run: who has what, and how each does. */
import { useMemo, useState } from 'preact/hooks';
import { clientChart, clientPanel } from '../../../../src/charts/client-panel.js';
import { labelPanel } from '../../../../src/charts/label-panel.js';
import type { RunSummary } from '../../../../src/charts/run-summary.js';
import { formatCount, formatDuration, formatMetric, formatPlural } from '../../../../src/format.js';
import type { Page, RunClient } from '../../../../src/server/control-messages.js';
import { ChartFigure } from '../parts/chart-figure.js';
import { Markup } from '../parts/markup.js';
import { Loading } from '../parts/notice.js';
import { runPath } from '../state/api.js';
import { usePolled } from '../state/poll.js';

const ASK_EVERY_MS = 5000;
const FIRST_ROWS = 50;

export function RunClients({ summary, runId }: { summary: RunSummary; runId: string }) {
  const { answer, refusal } = usePolled<Page<RunClient>>(`${runPath(runId)}/clients`, ASK_EVERY_MS);
  const { started, clients: evaluated, isolated } = summary;
  const labels = useMemo(() => labelPanel(started), [started]);
  // A summary is new with every event
  const results = useMemo(() => clientPanel(summary), [evaluated, isolated.length]);
  // The same.
  const curve = useMemo(() => clientChart(summary), [evaluated, isolated.length]);
  const clients = answer.value?.items;
  return (
    <>
      {(labels ?? results ?? curve) && (
        <div class="panels first">
          <Markup of={labels} />
          <Markup of={results} />
          <ChartFigure chart={curve} />
        </div>
      )}
      {refusal.value ? (
        <p class="empty panel">{refusal}</p>
      ) : clients === undefined ? (
        <Loading what="clients" />
      ) : clients.length === 0 ? (
        <p class="empty panel">No client has been asked yet.</p>
      ) : (
        <ClientTable clients={clients} />
      )}
    </>
  );
}

type Column = readonly [key: keyof RunClient, name: string, text: (client: RunClient) => string];

const DASH = '–';
const text = (value: number | null, format: (value: number) => string) =>
  value === null ? DASH : format(value);

const COLUMNS: readonly Column[] = [
  ['clientId', 'Client', ({ clientId, name }) => name || `client ${clientId}`],
  ['trainCount', 'Examples', ({ trainCount }) => text(trainCount, formatCount)],
  ['rounds', 'Rounds', ({ rounds }) => formatCount(rounds)],
  ['failures', 'Failed', ({ failures }) => formatCount(failures)],
  ['meanLoss', 'Mean loss', ({ meanLoss }) => text(meanLoss, formatMetric)],
  ['lastLoss', 'Last loss', ({ lastLoss }) => text(lastLoss, formatMetric)],
  ['meanTrainMs', 'Mean time', ({ meanTrainMs }) => text(meanTrainMs, formatDuration)],
  ['lastRound', 'Last round', ({ lastRound }) => text(lastRound, formatCount)],
];

function ClientTable({ clients }: { clients: readonly RunClient[] }) {
  const [key, setKey] = useState<keyof RunClient>('clientId');
  const [isDown, setDown] = useState(false);
  const [most, setMost] = useState(FIRST_ROWS);
  const sorted = clients.toSorted((one, other) => {
    const [a, b] = [one[key] ?? Number.POSITIVE_INFINITY, other[key] ?? Number.POSITIVE_INFINITY];
    const order = a < b ? -1 : a > b ? 1 : 0;
    return isDown ? -order : order;
  });
  const sortBy = (next: keyof RunClient) => {
    setDown(next === key ? !isDown : next !== 'clientId');
    setKey(next);
  };
  return (
    <section aria-labelledby="client-table">
      <h2 id="client-table">{formatPlural(clients.length, 'client')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="panel table-panel scroll" tabIndex={0} aria-labelledby="client-table">
        <table class="list">
          <thead>
            <tr>
              {COLUMNS.map(([column, name]) => (
                <th
                  key={column}
                  scope="col"
                  class={column === 'clientId' ? '' : 'num'}
                  aria-sort={column !== key ? 'none' : isDown ? 'descending' : 'ascending'}
                >
                  <button type="button" class="sort" onClick={() => sortBy(column)}>
                    {name}
                    <span aria-hidden="true">{column !== key ? '' : isDown ? ' ↓' : ' ↑'}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, most).map((client) => (
              <tr key={client.clientId}>
                {COLUMNS.map(([column, , say], index) =>
                  index === 0 ? (
                    <th key={column} scope="row">
                      {say(client)}
                    </th>
                  ) : (
                    <td key={column} class="num">
                      {say(client)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {most < clients.length && (
        <p>
          <button type="button" class="button" onClick={() => setMost(most * 4)}>
            Show more of {formatPlural(clients.length, 'client')}
          </button>
        </p>
      )}
    </section>
  );
}
