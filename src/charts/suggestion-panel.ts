/** What the final model suggests after a few texts. */
import { formatPercent } from '../format.js';
import { type Html, html } from './html.js';
import type { RunSummary } from './run-summary.js';

/** How a character is shown that cannot be seen. */
const NAMES: Readonly<Record<string, string>> = { ' ': 'blank', '\n': 'line feed', '\r': 'carriage return' };

/** The panel of sampled suggestions; undefined where the run has none. */
export function suggestionPanel({ suggestions }: RunSummary): Html | undefined {
  if (!suggestions || suggestions.samples.length === 0) return undefined;
  const spelt = suggestions.samples.some(({ word }) => word !== undefined);
  const headings = ['Typed', 'First', 'Second', 'Third', ...(spelt ? ['Word'] : [])];
  const rows = suggestions.samples.map(({ text, suggestions: best, word }) => {
    const cells = [0, 1, 2].map((place) => {
      const found = best[place];
      return (
        found && html`${NAMES[found.text] ?? found.text} <small>${formatPercent(found.probability)}</small>`
      );
    });
    return html`<tr><th scope="row">${text === '' ? '(nothing yet)' : text}</th>${[
      ...cells,
      ...(spelt ? [word] : []),
    ].map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  return html`<section class="panel wide" aria-labelledby="suggestions-title">
<h3 id="suggestions-title">What the final model suggests</h3>
<p class="note">After texts that are the same in every run and nobody's own, with the probability of each.</p>
<table class="plain"><thead><tr>${headings.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>
</section>`;
}
