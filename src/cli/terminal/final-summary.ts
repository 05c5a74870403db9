/** The closing lines of a run: its result, what it is compared with, and what it cost. */

import { formatHeadline, headlineName, resultSentence, STOP_REASONS } from '../../charts/result-sentence.js';
import { finite, meanOf, type RunSummary, summarizeRun } from '../../charts/run-summary.js';
import { formatBytes, formatCount, formatDuration, formatMetric, formatPercent } from '../../format.js';
import { plain } from '../../plain-text.js';
import type { Metrics, RunEvent } from '../../round/run-events.js';
import { pad, paint, type TerminalOptions } from './style.js';

const NAME_WIDTH = 9;
/** Texts after which suggestions are shown; the report has more. */
const SAMPLES = 2;

/**
 * A few aligned lines about a run, finished or not.
 *
 * @throws {ConfigError} when there is no `run-started` event.
 */
export function finalSummary(events: readonly RunEvent[], options: TerminalOptions): string {
  const summary = summarizeRun(events);
  const lines: [string, string][] = [
    ['Result', resultSentence(summary)],
    ...resultLines(summary),
    ['Moved', `${formatBytes(summary.downBytes)} to clients, ${formatBytes(summary.upBytes)} back`],
    ['Time', timeText(summary)],
  ];
  const stopped = summary.finished;
  if (stopped)
    lines.splice(1, 0, [
      'Stopped',
      `after round ${formatCount(stopped.rounds)}: ${STOP_REASONS[stopped.reason]}`,
    ]);
  return lines.map(([name, text]) => wrapped(name, text, options)).join('\n');
}

function resultLines(summary: RunSummary): [string, string][] {
  const { best, central, isolated, clients, headline, started } = summary;
  const text = (value: number | undefined) => formatHeadline(value, headline);
  const lines: [string, string][] = [];
  if (best)
    lines.push([
      'Best',
      `${text(best.metrics[headline])} ${headlineName(summary)} in round ${formatCount(best.round)}`,
    ]);
  const metrics = summary.finished?.metrics ?? summary.lastEvaluated?.metrics;
  if (metrics?.tokenCount !== undefined) lines.push(['Tokens', tokenText(summary, metrics)]);
  if (clients) {
    const { mean, worst, best: top } = clients.spread;
    const each = (value: number) =>
      formatHeadline(value, started.task === 'regression' ? 'loss' : 'accuracy');
    const what = started.task === 'regression' ? ' loss' : '';
    lines.push([
      'Clients',
      `mean${what} ${each(mean)}, worst ${each(worst)}, best ${each(top)}, on their own held-out data`,
    ]);
  }
  const centralValue = finite(central.at(-1)?.metrics[headline]);
  if (centralValue !== undefined) lines.push(['Central', `${text(centralValue)}, trained on pooled data`]);
  const { ngram, suggestions } = summary;
  for (const sample of suggestions?.samples.slice(1, 1 + SAMPLES) ?? []) {
    const best = sample.suggestions.map(
      ({ text, probability }) => `${plain(text)} ${formatPercent(probability)}`,
    );
    lines.push(['Suggests', `after "${plain(sample.text)}": ${best.join(', ')}`]);
  }
  if (ngram) {
    const { accuracy, top3Recall, perplexity } = ngram.metrics;
    const counted = `${formatPercent(accuracy)}, top-3 recall ${formatPercent(top3Recall)}, perplexity ${formatMetric(perplexity)}`;
    lines.push([`${ngram.order}-gram`, `${counted}, counted on pooled data`]);
  }
  const alone = isolated
    .map((event) => finite(event.metrics[headline]))
    .filter((value) => value !== undefined);
  if (alone.length > 0) {
    const low = alone.reduce((one, other) => Math.min(one, other));
    const high = alone.reduce((one, other) => Math.max(one, other));
    const range = alone.length > 1 ? `, from ${text(low)} to ${text(high)}` : '';
    lines.push(['Alone', `${text(meanOf(alone))} for the average client${range}`]);
  }
  return lines;
}

function tokenText({ started }: RunSummary, metrics: Metrics): string {
  const { top3Recall, perplexity, tokenCount = 0 } = metrics;
  const covered =
    started.coverage === undefined
      ? ''
      : `, ${formatPercent(started.coverage)} of the held-out text is in the vocabulary`;
  return `top-3 recall ${formatPercent(top3Recall)}, perplexity ${formatMetric(perplexity)}, on ${formatCount(tokenCount)}${covered}`;
}

function timeText({ wallMs, rounds }: RunSummary): string {
  const trained = rounds.filter((event) => event.round > 0).map((event) => event.wallMs);
  const pace = meanOf(trained);
  return pace === undefined
    ? formatDuration(wallMs)
    : `${formatDuration(wallMs)}, ${formatDuration(pace)} a round`;
}

/** The name, then the text broken between words, its further lines below its first. */
function wrapped(name: string, text: string, options: TerminalOptions): string {
  const room = Math.max(20, options.columns - NAME_WIDTH - 1);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return paint(pad(name, NAME_WIDTH, 'left'), 'bold', options) + lines.join(`\n${' '.repeat(NAME_WIDTH)}`);
}
