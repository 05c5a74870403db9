/** An event of a run's log as a line for people. */
import { formatBytes, formatDuration, formatMetric, formatPercent, formatPlural } from '../format.js';
import type { Metrics, RoundFinished, RunEvent } from '../round/run-events.js';
import { STOP_REASONS } from './result-sentence.js';

/** One line, without the number of the round. */
export function eventText(event: RunEvent): string {
  switch (event.type) {
    case 'run-started':
      return `${event.model} with ${formatPlural(event.parameterCount, 'parameter')}, up to ${formatPlural(event.rounds, 'round')}, ${event.engine}`;
    case 'run-resumed':
      return `goes on after round ${event.round}`;
    case 'round-started':
      return `${formatPlural(event.cohort.length, 'client')} asked, ${event.goal} must report${
        event.deadlineMs === undefined ? '' : ` within ${formatDuration(event.deadlineMs)}`
      }`;
    case 'client-trained':
      return `client ${event.clientId}: ${formatPlural(event.exampleCount, 'example')}, loss ${formatMetric(event.loss)}, ${formatDuration(event.trainMs)}`;
    case 'client-failed':
      return `client ${event.clientId}: ${event.reason}`;
    case 'round-finished':
      return roundText(event);
    case 'central-evaluated':
      return metricsText(event.metrics);
    case 'isolated-evaluated':
      return `client ${event.clientId} alone: ${metricsText(event.metrics)}`;
    case 'ngram-evaluated':
      return `${event.order}-gram model: ${metricsText(event.metrics)}`;
    case 'suggestions-sampled':
      return `after ${formatPlural(event.samples.length, 'text')}`;
    case 'clients-evaluated':
      return `${formatPlural(event.clients.length, 'client')}: ${metricsText(event.metrics)}`;
    case 'run-finished':
      return `${STOP_REASONS[event.reason]} after ${formatPlural(event.rounds, 'round')}, ${formatDuration(event.wallMs)}`;
    default:
      return (event satisfies never as RunEvent).type;
  }
}

function roundText(event: RoundFinished): string {
  if (event.outcome === 'failed') return `failed: ${event.reason ?? 'no reason given'}`;
  const parts = [
    event.metrics ? metricsText(event.metrics) : undefined,
    event.cohortSize > 0 ? `${event.trainedCount} of ${formatPlural(event.cohortSize, 'client')}` : undefined,
    event.upBytes > 0 ? `${formatBytes(event.upBytes)} up` : undefined,
    formatDuration(event.wallMs),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function metricsText({ accuracy, loss, meanAbsoluteError }: Metrics): string {
  const parts = [
    accuracy === undefined ? undefined : `accuracy ${formatPercent(accuracy)}`,
    meanAbsoluteError === undefined ? undefined : `mean absolute error ${formatMetric(meanAbsoluteError)}`,
    `loss ${formatMetric(loss)}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
