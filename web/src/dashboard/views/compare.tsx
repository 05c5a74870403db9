/** Runs side by side. */
import { useEffect, useState } from 'preact/hooks';
import {
  type ComparedRow,
  compareCharts,
  comparedResults,
  comparedSettings,
  toneOfRun,
} from '../../../../src/charts/compare.js';
import { resultSentence } from '../../../../src/charts/result-sentence.js';
import { createRunFold, type RunSummary } from '../../../../src/charts/run-summary.js';
import { TransportError } from '../../../../src/errors.js';
import { formatPlural } from '../../../../src/format.js';
import type { RunEvent } from '../../../../src/round/run-events.js';
import type { RunDetails } from '../../../../src/server/control-messages.js';
import { ChartFigure } from '../parts/chart-figure.js';
import { Loading, Notice } from '../parts/notice.js';
import { ask, request, retryAt, runPath, sentenceOf } from '../state/api.js';
import { waitToRetry } from '../state/patience.js';
import { hrefOf } from '../state/route.js';

/** What a comparison needs of a log. */
const TYPES = 'run-started,run-resumed,round-finished,run-finished';

interface Compared {
  readonly details: RunDetails;
  readonly summary: RunSummary;
}

export function CompareView({ runIds }: { runIds: readonly string[] }) {
  const [runs, setRuns] = useState<readonly Compared[] | undefined>();
  const [failure, setFailure] = useState<string | undefined>();
  useEffect(() => {
    const end = new AbortController();
    void load(runIds, end.signal).then(setRuns, (error: unknown) => {
      if (!end.signal.aborted) setFailure(sentenceOf(error));
    });
    return () => end.abort();
  }, [runIds]);
  if (runIds.length < 2) {
    return (
      <Notice title="A comparison needs two runs">
        <p>
          Tick them in the <a href={hrefOf({ page: 'runs' })}>list of runs</a>.
        </p>
      </Notice>
    );
  }
  if (failure) {
    return (
      <Notice title="These runs cannot be compared">
        <p>{failure}</p>
        <p>
          <a href={hrefOf({ page: 'runs' })}>All runs</a>
        </p>
      </Notice>
    );
  }
  return (
    <>
      <div class="head">
        <div>
          <p class="crumb">
            <a href={hrefOf({ page: 'runs' })}>Runs</a>
          </p>
          <h1>Compare {formatPlural(runIds.length, 'run')}</h1>
        </div>
      </div>
      {runs ? <Comparison runs={runs} /> : <Loading what="runs" />}
    </>
  );
}

/** All of them, with patience where the server is away. */
async function load(runIds: readonly string[], signal: AbortSignal): Promise<readonly Compared[]> {
  for (let failures = 1; ; failures++) {
    try {
      return await Promise.all(runIds.map((runId) => loadOne(runId, signal)));
    } catch (error) {
      if (!(error instanceof TransportError) || signal.aborted) throw error;
      await waitToRetry(failures, signal);
    }
  }
}

async function loadOne(runId: string, signal: AbortSignal): Promise<Compared> {
  const [details, log] = await Promise.all([
    ask<RunDetails>(runPath(runId), { signal }),
    request(`${runPath(runId)}/events?types=${TYPES}`, { signal }).then((response) => response.text()),
  ]);
  retryAt.value = null;
  const fold = createRunFold();
  for (const line of log.split('\n')) if (line !== '') fold.add(JSON.parse(line) as RunEvent);
  const summary = fold.summary();
  if (!summary) throw new TypeError(`run ${runId} has not begun`);
  return { details, summary };
}

function Comparison({ runs }: { runs: readonly Compared[] }) {
  const summaries = runs.map(({ summary }) => summary);
  const settings = comparedSettings(runs.map(({ details }) => details.config));
  const differing = settings.filter(({ differs }) => differs);
  const equal = settings.filter(({ differs }) => !differs);
  return (
    <>
      <ul class="compared">
        {summaries.map((summary, index) => (
          <li key={summary.started.runId} class="panel">
            <i class={`mark bg-${toneOfRun(index)}`} />
            <div>
              <a href={hrefOf({ page: 'run', runId: summary.started.runId, section: 'overview' })}>
                {summary.started.runId}
              </a>
              <p>{resultSentence(summary)}</p>
            </div>
          </li>
        ))}
      </ul>
      <div class="panels">
        {compareCharts(summaries).map((chart) => (
          <ChartFigure key={chart.id} chart={chart} />
        ))}
      </div>
      <Rows title="Results" summaries={summaries} rows={comparedResults(summaries)} />
      {differing.length > 0 ? (
        <Rows title="Settings that differ" summaries={summaries} rows={differing} />
      ) : (
        <p class="empty panel">All settings are the same.</p>
      )}
      {equal.length > 0 && (
        <details class="more">
          <summary>{formatPlural(equal.length, 'setting')} that all have alike</summary>
          <Rows title="Equal settings" summaries={summaries} rows={equal} />
        </details>
      )}
    </>
  );
}

function Rows({
  title,
  summaries,
  rows,
}: {
  title: string;
  summaries: readonly RunSummary[];
  rows: readonly ComparedRow[];
}) {
  const id = title.toLowerCase().replaceAll(' ', '-');
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="panel table-panel scroll" tabIndex={0} aria-labelledby={id}>
        <table class="list compared-rows">
          <thead>
            <tr>
              <th scope="col">
                <span class="sr">What</span>
              </th>
              {summaries.map(({ started }, index) => (
                <th key={started.runId} scope="col">
                  <i class={`mark bg-${toneOfRun(index)}`} />
                  {started.runId}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, values }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {values.map((value, index) => (
                  <td key={summaries[index]?.started.runId}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
