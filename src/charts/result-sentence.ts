/** A run's result in words. */

import { formatMetric, formatPercent, formatPlural } from '../format.js';
import type { StopReason } from '../round/run-events.js';
import { finite, type Headline, meanOf, type RunSummary } from './run-summary.js';

const HEADLINE_NAMES: Readonly<Record<Headline, string>> = {
  accuracy: 'accuracy',
  meanAbsoluteError: 'mean absolute error',
  loss: 'loss',
};

/** What the headline metric is called; of next-token, accuracy is the recall of the likeliest token. */
export function headlineName({ headline, started }: Pick<RunSummary, 'headline' | 'started'>): string {
  return started.task === 'next-token' ? 'top-1 recall' : HEADLINE_NAMES[headline];
}

/** Why a run stopped, in words. */
export const STOP_REASONS: Readonly<Record<StopReason, string>> = {
  rounds: 'all rounds done',
  target: 'target reached',
  plateau: 'no more progress',
  'wall-time': 'time was up',
  user: 'stopped by the stop function',
  interrupted: 'interrupted',
};

/** The headline metric with its unit: a percentage, or a number. */
export function formatHeadline(value: number | null | undefined, headline: Headline): string {
  return headline === 'accuracy' ? formatPercent(value) : formatMetric(value);
}

/** One sentence: the result, after how many rounds, and how it compares with the baselines that were run. */
export function resultSentence(summary: RunSummary): string {
  const { last, lastEvaluated, finished, headline, started } = summary;
  const metrics = finished?.metrics ?? lastEvaluated?.metrics;
  const value = finite(metrics?.[headline]);
  if (!last) return 'No round has finished.';
  const rounds = finished?.rounds ?? last.round;
  if (!metrics) {
    const how = { ended: 'Ended', open: 'Not finished:', cut: 'Interrupted' }[endOf(summary)];
    return `${how} after ${progress(rounds, started.rounds, summary)}; nobody has evaluated the model.`;
  }
  const score =
    headline === 'accuracy'
      ? `${formatHeadline(value, headline)} ${headlineName(summary)}`
      : `a ${headlineName(summary)} of ${formatHeadline(value, headline)}`;
  if (rounds === 0) {
    const how = { ended: 'Ended', open: 'Not finished', cut: 'Interrupted' }[endOf(summary)];
    return `${how}: only the initial model was evaluated, with ${score}.`;
  }
  if (value === undefined)
    return `The model diverged: no finite result after ${formatPlural(rounds, 'round')}.`;
  const comparison = [
    against(
      value,
      meanOf(summary.isolated.map((event) => event.metrics[headline])),
      headline,
      'the average client alone',
    ),
    against(
      value,
      finite(summary.ngram?.metrics[headline]),
      headline,
      `the ${summary.ngram?.order}-gram model`,
    ),
    against(value, finite(summary.central.at(-1)?.metrics[headline]), headline, 'training on pooled data'),
  ].filter((part) => part !== undefined);
  const tail = comparison.length > 0 ? `: ${comparison.join(', ')}.` : '.';
  return `${verb(summary)} ${score} after ${progress(rounds, started.rounds, summary)}${tail}`;
}

function verb(summary: RunSummary): string {
  if (summary.finished?.reason === 'target') return 'Reached';
  return { ended: 'Ended at', open: 'Not finished: at', cut: 'Interrupted at' }[endOf(summary)];
}

function endOf({ finished }: RunSummary): 'ended' | 'open' | 'cut' {
  if (!finished) return 'open';
  return finished.reason === 'interrupted' ? 'cut' : 'ended';
}

function progress(rounds: number, planned: number, summary: RunSummary): string {
  return endOf(summary) !== 'ended' && planned > rounds
    ? `${rounds} of ${formatPlural(planned, 'round')}`
    : formatPlural(rounds, 'round');
}

function against(
  value: number,
  baseline: number | undefined,
  headline: Headline,
  whom: string,
): string | undefined {
  if (baseline === undefined) return undefined;
  const difference = value - baseline;
  const side = difference > 0 ? 'above' : 'below';
  if (headline !== 'accuracy') {
    const size = formatMetric(Math.abs(difference));
    return Number(size) === 0 ? `level with ${whom}` : `${size} ${side} ${whom}`;
  }
  const points = Math.abs(difference * 100).toFixed(1);
  return points === '0.0' ? `level with ${whom}` : `${points} points ${side} ${whom}`;
}
