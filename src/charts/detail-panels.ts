/** The tables at the end of the report: failures, configuration, event counts. */

import { formatCount, formatPlural } from '../format.js';
import type { RunEvent } from '../round/run-events.js';
import { describeValue } from './describe-value.js';
import { type Html, html } from './html.js';
import type { RunSummary } from './run-summary.js';

const MOST_ROWS = 12;

/** What went wrong: failed rounds with their reasons, and why clients failed. */
export function failurePanel({ rounds, failures }: RunSummary): Html | undefined {
  const failedRounds = rounds.filter((event) => event.outcome === 'failed');
  if (failedRounds.length === 0 && failures.length === 0) return undefined;
  const reasons = new Map<string, number>();
  for (const { reason } of failures) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const common = [...reasons].sort(([, one], [, other]) => other - one);
  return html`<section class="panel" aria-labelledby="failures-title">
<h3 id="failures-title">What failed</h3>
${
  failedRounds.length > 0 &&
  html`<table class="plain"><caption>${formatPlural(failedRounds.length, 'failed round')}</caption><tbody>${limited(
    failedRounds.map((event) => [`Round ${event.round}`, event.reason ?? 'no reason given']),
  )}</tbody></table>`
}
${
  common.length > 0 &&
  html`<table class="plain"><caption>${formatPlural(failures.length, 'failed client')}, by reason</caption><tbody>${limited(
    common.map(([reason, count]) => [`${formatCount(count)} times`, reason]),
  )}</tbody></table>`
}
</section>`;
}

function limited(rows: readonly (readonly [string, string])[]): Html {
  const rest = rows.length - MOST_ROWS;
  return html`${rows.slice(0, MOST_ROWS).map(([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>`)}${
    rest > 0 && html`<tr><th scope="row"></th><td>and ${formatCount(rest)} more</td></tr>`
  }`;
}

/** The configuration, nested fields with dots in their names. */
export function configPanel(config: Record<string, unknown>): Html | undefined {
  const rows = flatten(config, '');
  if (rows.length === 0) return undefined;
  return html`<section class="panel" aria-labelledby="config-title">
<h3 id="config-title">Configuration</h3>
<table class="plain"><tbody>${rows.map(
    ([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>`,
  )}</tbody></table>
</section>`;
}

function flatten(value: object, prefix: string): (readonly [string, string])[] {
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    if (field === undefined) return [];
    const name = prefix + key;
    const nested = typeof field === 'object' && field !== null && !Array.isArray(field);
    return nested ? flatten(field, `${name}.`) : [[name, describeValue(field)] as const];
  });
}

/** How many events of each type the log holds. */
export function eventPanel(events: readonly RunEvent[]): Html {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return html`<section class="panel" aria-labelledby="events-title">
<h3 id="events-title">Events in the log</h3>
<table class="plain"><tbody>${[...counts].map(
    ([type, count]) => html`<tr><th scope="row">${type}</th><td class="num">${formatCount(count)}</td></tr>`,
  )}</tbody></table>
</section>`;
}
