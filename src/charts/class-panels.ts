/** How good the final model is on each class, and what it takes for what. */

import { formatCount, formatPercent } from '../format.js';
import { type BarPart, barTable, toneHeading } from './bars.js';
import { type Html, html } from './html.js';
import { modelWords } from './model-words.js';
import { meanOf, type RunSummary } from './run-summary.js';

const MOST_CLASSES_LISTED = 40;
const MOST_CLASSES_IN_MATRIX = 25;
const MOST_CONFUSIONS = 20;
const HEAT_LEVELS = 8;

/** The panel of the final model's accuracy on each class, with the mean of the isolated clients beside it. */
export function classPanel(summary: RunSummary): Html | undefined {
  const accuracy = finalMetrics(summary)?.perClassAccuracy;
  if (!accuracy?.some((value) => value !== null)) return undefined;
  const alone = accuracy.map((_, label) =>
    meanOf(summary.isolated.map((event) => event.metrics.perClassAccuracy?.[label])),
  );
  const hasAlone = alone.some((value) => value !== undefined);
  const labels = accuracy.map((_, label) => label);
  const shown =
    labels.length <= MOST_CLASSES_LISTED
      ? labels
      : labels
          .sort((one, other) => (accuracy[one] ?? 2) - (accuracy[other] ?? 2))
          .slice(0, MOST_CLASSES_LISTED);
  const rows = shown.map((label) => ({
    name: className(summary, label),
    bars: [bar(accuracy[label], 'global'), ...(hasAlone ? [bar(alone[label], 'isolated')] : [])],
    values: [formatPercent(accuracy[label]), ...(hasAlone ? [formatPercent(alone[label])] : [])],
  }));
  return html`<figure class="panel" aria-labelledby="classes-title">
<h3 id="classes-title">Accuracy per class</h3>
<p class="note">${modelWords(summary).evaluated}${hasAlone && ', beside the mean over the models that clients trained alone'}.${
    shown.length < accuracy.length && ` The ${shown.length} lowest of ${accuracy.length} classes.`
  }</p>
${barTable('Accuracy per class', ['Class', 'Accuracy', toneHeading(modelWords(summary).column, 'global'), ...(hasAlone ? [toneHeading('Alone', 'isolated')] : [])], rows)}
</figure>`;
}

function bar(value: number | null | undefined, tone: string): readonly BarPart[] {
  const track: BarPart = { start: 0, share: 1, tone: 'track' };
  return [track, { start: 0, share: value ?? 0, tone }];
}

/** The panel of the final model's confusion matrix; for many classes, a list of what it confuses most often. */
export function confusionPanel(summary: RunSummary): Html | undefined {
  const matrix = finalMetrics(summary)?.confusionMatrix;
  if (!matrix || matrix.length === 0) return undefined;
  const small = matrix.length <= MOST_CLASSES_IN_MATRIX;
  return html`<figure class="panel" aria-labelledby="confusion-title">
<h3 id="confusion-title">${small ? 'Confusion matrix' : 'Most frequent confusions'}</h3>
<p class="note">Number of ${modelWords(summary).examples}.${small && ' Rows are true classes, columns are predictions; shades are shares of a row.'}</p>
${small ? heatTable(summary, matrix) : confusionList(summary, matrix)}
</figure>`;
}

function heatTable(summary: RunSummary, matrix: readonly (readonly number[])[]): Html {
  const names = matrix.map((_, label) => className(summary, label));
  const rows = matrix.map((row, label) => {
    const total = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    const cells = row.map((count, prediction) => {
      const kind = label === prediction ? 'right' : 'wrong';
      return html`<td class="${kind} ${shade(count / total, kind)}">${count}</td>`;
    });
    return html`<tr><th scope="row">${names[label]}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="confusion-title"><table class="matrix">
<thead><tr><th scope="col">true \\ predicted</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Mistakes are rare, so their shades rise sooner. */
function shade(share: number, kind: 'right' | 'wrong'): string {
  if (share <= 0) return 'none';
  const strength = kind === 'right' ? share : Math.min(1, Math.sqrt(share * 2));
  return `s${Math.min(HEAT_LEVELS - 1, Math.floor(strength * HEAT_LEVELS))}`;
}

function confusionList(summary: RunSummary, matrix: readonly (readonly number[])[]): Html {
  const mistakes = matrix
    .flatMap((row, label) => row.map((count, prediction) => ({ label, prediction, count })))
    .filter(({ label, prediction, count }) => label !== prediction && count > 0)
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_CONFUSIONS);
  return html`<table class="plain"><thead><tr><th scope="col">True class</th><th scope="col">Predicted</th><th scope="col" class="num">Examples</th></tr></thead>
<tbody>${mistakes.map(
    ({ label, prediction, count }) =>
      html`<tr><td>${className(summary, label)}</td><td>${className(summary, prediction)}</td><td class="num">${formatCount(count)}</td></tr>`,
  )}</tbody></table>`;
}

function finalMetrics({ finished, last }: RunSummary) {
  return finished?.metrics ?? last?.metrics;
}

function className({ started }: RunSummary, label: number): string {
  return started.classNames[label] ?? String(label);
}
