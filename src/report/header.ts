/** The head of the report: which run this is, and its result in a sentence. */
import { describeValue } from '../charts/describe-value.js';
import { type Html, html } from '../charts/html.js';
import { resultSentence } from '../charts/result-sentence.js';
import type { RunSummary } from '../charts/run-summary.js';
import { formatPlural } from '../format.js';

/** The page's header. `config` is the run's configuration; its `data` and `partition` are named. */
export function header(summary: RunSummary, config: Record<string, unknown>): Html {
  const { started, clientCount } = summary;
  const facts = [
    `${started.model} with ${formatPlural(started.parameterCount, 'parameter')}`,
    named('data', config.data),
    named('partition', config.partition),
    named('local to clients', config.localParams),
    formatPlural(clientCount, 'client'),
    started.engine,
  ].filter((fact) => fact !== undefined);
  const time = new Date(started.time);
  return html`<header>
<p class="brand"><svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><rect class="fill-global" width="9" height="9" rx="2"/><rect class="fill-federated" x="11" width="9" height="9" rx="2"/><rect class="fill-central" y="11" width="9" height="9" rx="2"/><rect class="fill-isolated" x="11" y="11" width="9" height="9" rx="2"/></svg>Tessera run report</p>
<h1>${started.runId}</h1>
<p class="result">${resultSentence(summary)}</p>
<ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}${
    Number.isFinite(time.getTime()) &&
    html`<li><time>${time.toISOString().slice(0, 16).replace('T', ' ')} UTC</time></li>`
  }</ul>
</header>`;
}

function named(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : `${name} ${describeValue(value)}`;
}
