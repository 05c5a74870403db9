/** One run: its head, and the part that is looked at. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { describeValue } from '../../../../src/charts/describe-value.js';
import { formatHeadline, headlineName, resultSentence } from '../../../../src/charts/result-sentence.js';
import type { RunSummary } from '../../../../src/charts/run-summary.js';
import { formatPlural } from '../../../../src/format.js';
import type { RunDetails } from '../../../../src/server/control-messages.js';
import { announce } from '../parts/announcer.js';
import { Loading, Notice } from '../parts/notice.js';
import { StatusBadge } from '../parts/status-badge.js';
import { runPath } from '../state/api.js';
import { type LiveRun, openLiveRun } from '../state/live-run.js';
import { usePolled } from '../state/poll.js';
import { hrefOf, type Section } from '../state/route.js';
import { RunActions } from './run-actions.js';
import { RunClasses } from './run-classes.js';
import { RunClients } from './run-clients.js';
import { RunEvents } from './run-events.js';
import { RunOverviewSection } from './run-overview.js';
import { RunSettings } from './run-settings.js';

const ASK_EVERY_MS = 10_000;

export function RunView({ runId, section }: { runId: string; section: Section }) {
  const details = usePolled<RunDetails>(runPath(runId), ASK_EVERY_MS);
  const [opened, setOpened] = useState(0);
  // `opened` asks for a new one
  const live = useMemo(() => openLiveRun(runId), [runId, opened]);
  useEffect(() => () => live.close(), [live]);
  const known = details.answer.value;
  const isOver = live.isOver.value;
  useEffect(() => {
    if (isOver) details.refresh();
  }, [isOver, details]);
  const refusal = details.refusal.value ?? live.refusal.value;
  if (refusal) {
    return (
      <Notice title={`Run ${runId} cannot be shown`}>
        <p>{refusal}</p>
        <p>
          <a href={hrefOf({ page: 'runs' })}>All runs</a>
        </p>
      </Notice>
    );
  }
  if (!known) return <Loading what={`run ${runId}`} />;
  const changed = () => {
    details.refresh();
    // What was over goes on.
    if (live.isOver.value) setOpened(opened + 1);
  };
  return (
    <>
      <RunHead details={known} live={live} onChange={changed} />
      <SectionLinks runId={runId} section={section} summary={live.summary.value} />
      <RunSection details={known} live={live} section={section} />
    </>
  );
}

function RunHead({ details, live, onChange }: { details: RunDetails; live: LiveRun; onChange(): void }) {
  const summary = live.summary.value;
  const { runId } = details;
  useAnnouncements(summary);
  const phase = live.state.value?.phase;
  const status = phase === 'paused' ? 'paused' : details.status;
  return (
    <div class="run-head">
      <div class="head">
        <div>
          <p class="crumb">
            <a href={hrefOf({ page: 'runs' })}>Runs</a>
          </p>
          <h1>
            {runId} <StatusBadge status={status} />
          </h1>
        </div>
        <RunActions details={details} status={status} live={live} onChange={onChange} />
      </div>
      <p class="result">
        {details.failure ?? (summary ? sentence(summary, status) : 'The run has not begun.')}
      </p>
      <ul class="facts">
        {facts(details, summary).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </div>
  );
}

/** While a run goes on it is no news that it has not ended. */
function sentence(summary: RunSummary, status: string): string {
  const { last, lastEvaluated, finished, headline, started } = summary;
  if (finished || status !== 'running' || !last) return resultSentence(summary);
  const value = lastEvaluated?.metrics[headline];
  const so = value === undefined ? '' : `: ${formatHeadline(value, headline)} ${headlineName(summary)}`;
  return `Round ${last.round} of ${formatPlural(started.rounds, 'round')}${so}.`;
}

function facts(details: RunDetails, summary: RunSummary | undefined): readonly string[] {
  const { config, model, population, type } = details;
  const named = (name: string, value: unknown) =>
    value === undefined || value === null ? undefined : `${name} ${describeValue(value)}`;
  const time = new Date(summary?.started.time ?? Number.NaN);
  return [
    summary ? `${model} with ${formatPlural(summary.started.parameterCount, 'parameter')}` : model,
    named('data', config.data),
    named('partition', config.partition),
    type === 'served' ? named('population', population) : 'simulated',
    summary?.started.engine,
    Number.isFinite(time.getTime()) ? `since ${time.toLocaleString()}` : undefined,
  ].filter((fact) => fact !== undefined);
}

/** Says each round's result to screen readers. */
function useAnnouncements(summary: RunSummary | undefined): void {
  const round = summary?.last?.round;
  const end = summary?.finished?.reason;
  // Once a round, not with each event
  useEffect(() => {
    if (summary && round !== undefined)
      announce(end ? resultSentence(summary) : sentence(summary, 'running'));
  }, [round, end]);
}

const SECTION_NAMES: Readonly<Record<Section, string>> = {
  overview: 'Overview',
  clients: 'Clients',
  classes: 'Classes',
  events: 'Events',
  settings: 'Settings',
};

function SectionLinks({
  runId,
  section,
  summary,
}: {
  runId: string;
  section: Section;
  summary: RunSummary | undefined;
}) {
  const task = summary?.started.task;
  const sections = (Object.keys(SECTION_NAMES) as Section[]).filter(
    (one) => one !== 'classes' || task !== 'regression',
  );
  return (
    <nav class="tabs" aria-label="Parts of the run">
      {sections.map((one) => (
        <a
          key={one}
          href={hrefOf({ page: 'run', runId, section: one })}
          aria-current={one === section ? 'page' : undefined}
        >
          {one === 'classes' && task === 'next-token' ? 'Suggestions' : SECTION_NAMES[one]}
        </a>
      ))}
    </nav>
  );
}

function RunSection({ details, live, section }: { details: RunDetails; live: LiveRun; section: Section }) {
  const summary = live.summary.value;
  if (section === 'settings') return <RunSettings config={details.config} />;
  if (!summary) {
    return (
      <Notice title="Nothing has happened yet">
        <p>The run begins as soon as there are clients. What happens appears here by itself.</p>
      </Notice>
    );
  }
  switch (section) {
    case 'overview':
      return <RunOverviewSection summary={summary} live={live} runId={details.runId} />;
    case 'clients':
      return <RunClients summary={summary} runId={details.runId} />;
    case 'classes':
      return <RunClasses summary={summary} />;
    case 'events':
      return <RunEvents live={live} runId={details.runId} />;
    default:
      return section satisfies never;
  }
}
