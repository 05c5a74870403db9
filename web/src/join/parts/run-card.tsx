/** The run that is taken part in: how far it is, and how good its model has become while this page was open. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatCount, formatMetric, formatPercent } from '../../../../src/format.js';
import { plain } from '../../../../src/plain-text.js';
import type { Offer } from '../../../../src/protocol/messages.js';
import { chosenRun, isOver } from '../state/choice.js';
import { kindOf, offersOf } from '../state/kinds.js';
import { offers } from '../state/server.js';
import { Sparkline, type SparkPoint } from './sparkline.js';

export function RunCard({ offer }: { offer: Offer }) {
  const { definition, round, rounds, metrics, status } = offer;
  const { runId, title } = definition;
  const points = useSignal<readonly SparkPoint[]>([]);
  const measure = measureOf(offer);
  useEffect(() => {
    points.value = [];
  }, [runId]);
  useEffect(() => {
    if (measure.value === undefined) return;
    const others = points.peek().filter((point) => point.round !== round);
    points.value = [...others, { round, share: measure.value }].toSorted((a, b) => a.round - b.round);
  }, [runId, round, measure.value]);
  const over = isOver(offer, offers.value);
  return (
    <section class="panel run-card" aria-labelledby="run-title">
      <h2 id="run-title" class="panel-title">
        {plain(title)}
      </h2>
      <RunSelect offer={offer} />
      <p class="run-round">
        {over ? (
          'This run has ended.'
        ) : (
          <>
            Round <strong>{formatCount(round)}</strong> of {formatCount(rounds)}
            {status === 'paused' && ' · paused by an operator'}
          </>
        )}
      </p>
      <progress max={rounds} value={over ? rounds : round} aria-label="Rounds done" />
      {metrics && (
        <dl class="run-figures">
          <div>
            <dt>{measure.name}</dt>
            <dd>{measure.value === undefined ? '–' : formatPercent(measure.value)}</dd>
          </div>
          <div>
            <dt>Loss</dt>
            <dd>{formatMetric(metrics.loss)}</dd>
          </div>
        </dl>
      )}
      <Sparkline points={points.value} name={measure.name} />
      {over && (
        <p class="note">
          Thank you: what was learned stays in the model. When an operator starts another run, it shows here.
        </p>
      )}
    </section>
  );
}

function measureOf({ metrics, definition }: Offer): {
  readonly name: string;
  readonly value?: number | undefined;
} {
  if (kindOf(definition) === 'write') return { name: 'Next word among three', value: metrics?.top3Recall };
  return { name: 'Accuracy', value: metrics?.accuracy };
}

/** Where there are several runs of one kind. */
function RunSelect({ offer }: { offer: Offer }) {
  const kind = kindOf(offer.definition);
  const all = kind ? offersOf(kind, offers.value ?? []) : [];
  if (!kind || all.length < 2) return null;
  return (
    <div class="field run-select">
      <label for="run">Run</label>
      <select
        id="run"
        value={offer.definition.runId}
        onChange={({ currentTarget }) => chosenRun(kind, currentTarget.value)}
      >
        {all.map(({ definition: { runId, title } }) => (
          <option key={runId} value={runId}>
            {title === runId ? title : `${plain(title)} (${runId})`}
          </option>
        ))}
      </select>
    </div>
  );
}
