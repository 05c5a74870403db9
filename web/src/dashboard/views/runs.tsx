/** All runs of the server. */
import { useState } from 'preact/hooks';
import { MOST_COMPARED } from '../../../../src/charts/compare.js';
import { formatCount, formatMetric, formatPercent, formatPlural } from '../../../../src/format.js';
import type { Page, RunOverview } from '../../../../src/server/control-messages.js';
import { Loading, Notice } from '../parts/notice.js';
import { StatusBadge } from '../parts/status-badge.js';
import { usePolled } from '../state/poll.js';
import { hrefOf } from '../state/route.js';
import { mayAct, overview } from '../state/session.js';

const ASK_EVERY_MS = 4000;

export function RunsView() {
  const { answer, refusal } = usePolled<Page<RunOverview>>('/runs', ASK_EVERY_MS);
  const runs = answer.value?.items;
  if (refusal.value) {
    return (
      <Notice title="The runs cannot be listed">
        <p>{refusal}</p>
      </Notice>
    );
  }
  return (
    <>
      <div class="head">
        <div>
          <h1>Runs</h1>
          {runs && runs.length > 0 && <p class="lead">{summaryOf(runs)}</p>}
        </div>
        {mayAct.value && runs && runs.length > 0 && (
          <a class="button primary" href={hrefOf({ page: 'new' })}>
            New run
          </a>
        )}
      </div>
      {runs === undefined ? (
        <Loading what="runs" />
      ) : runs.length === 0 ? (
        <NoRuns />
      ) : (
        <RunList runs={runs} />
      )}
    </>
  );
}

function summaryOf(runs: readonly RunOverview[]): string {
  const open = runs.filter(({ status }) => status === 'running').length;
  const known = overview.value;
  const clients = known?.type === 'server' ? `, ${formatPlural(known.present, 'client')} present` : '';
  return `${formatPlural(runs.length, 'run')}, ${formatCount(open)} running${clients}.`;
}

function NoRuns() {
  return (
    <Notice title="No runs yet">
      {mayAct.value ? (
        <>
          <p>A run is one model that clients train, round after round.</p>
          <p>
            <a class="button primary" href={hrefOf({ page: 'new' })}>
              Start the first run
            </a>
          </p>
          <p class="note">
            Or in a terminal: <code>tessera runs start --model 2nn --data digits --rounds 20 --cohort 4</code>
          </p>
        </>
      ) : (
        <p>
          An operator can start one here, or with <code>tessera runs start</code>.
        </p>
      )}
    </Notice>
  );
}

function RunList({ runs }: { runs: readonly RunOverview[] }) {
  const [text, setText] = useState('');
  const [status, setStatus] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const words = text.trim().toLowerCase();
  const shown = runs.filter(
    (run) =>
      (status === '' || run.status === status) &&
      (words === '' || `${run.runId} ${run.model} ${run.population ?? ''}`.toLowerCase().includes(words)),
  );
  shown.sort((one, other) => Number(isOpen(other)) - Number(isOpen(one)));
  const choose = (runId: string, isChosen: boolean) =>
    setChosen(isChosen ? [...chosen, runId] : chosen.filter((one) => one !== runId));
  return (
    <>
      <search class="tools">
        <label class="grow">
          <span class="sr">Search by name, model or population</span>
          <input
            type="search"
            placeholder="Search by name, model or population"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          <span class="sr">Status</span>
          <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            <option value="">All</option>
            {[...new Set(runs.map((run) => run.status))].sort().map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        {chosen.length >= 2 ? (
          <a class="button" href={hrefOf({ page: 'compare', runIds: chosen })}>
            Compare {chosen.length} runs
          </a>
        ) : (
          <span class="hint">Tick runs to compare them</span>
        )}
      </search>
      <div class="panel table-panel">
        <table class="list">
          <caption class="sr">Runs, those that go on first</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="sr">Compare</span>
              </th>
              <th scope="col">Run</th>
              <th scope="col" class="not-phone">
                Status
              </th>
              <th scope="col" class="wide-only">
                Model
              </th>
              <th scope="col">Rounds</th>
              <th scope="col" class="num">
                Accuracy
              </th>
              <th scope="col" class="num wide-only">
                Loss
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((run) => (
              <RunRow
                key={run.runId}
                run={run}
                isChosen={chosen.includes(run.runId)}
                isFull={chosen.length >= MOST_COMPARED}
                onChoose={choose}
              />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p class="empty">No run fits. Clear the search, or show all.</p>}
      </div>
    </>
  );
}

function isOpen({ status }: RunOverview): boolean {
  return status === 'running' || status === 'paused';
}

interface Row {
  readonly run: RunOverview;
  readonly isChosen: boolean;
  readonly isFull: boolean;
  onChoose(runId: string, isChosen: boolean): void;
}

function RunRow({ run, isChosen, isFull, onChoose }: Row) {
  const { runId, status, model, round, rounds, accuracy, loss, population, failure } = run;
  const share = rounds > 0 ? Math.min(1, round / rounds) : 0;
  return (
    <tr>
      <td class="tick">
        <input
          type="checkbox"
          aria-label={`Compare ${runId}`}
          checked={isChosen}
          disabled={status === 'damaged' || (isFull && !isChosen)}
          onChange={(event) => onChoose(runId, event.currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <a class="run-link" href={hrefOf({ page: 'run', runId, section: 'overview' })}>
          {runId}
        </a>
        <small>
          <span class="phone-only">
            <StatusBadge status={status} />{' '}
          </span>
          {failure ?? (population === null ? 'simulated' : `population ${population}`)}
        </small>
      </th>
      <td class="not-phone">
        <StatusBadge status={status} />
      </td>
      <td class="wide-only">{model}</td>
      <td>
        <span class="progress">
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="fill-track" width="100" height="6" />
            <rect class="fill-global" width={share * 100} height="6" />
          </svg>
          <span class="of">
            {formatCount(round)} of {formatCount(rounds)}
          </span>
        </span>
      </td>
      <td class="num">{accuracy === null ? '–' : formatPercent(accuracy)}</td>
      <td class="num wide-only">{loss === null ? '–' : formatMetric(loss)}</td>
    </tr>
  );
}
