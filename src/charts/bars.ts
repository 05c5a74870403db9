/** Horizontal bars in a table: one row a thing, one or more bars in it. */
import { type Html, type HtmlPart, html } from './html.js';

/** A part of a bar, from 0 (nothing) to 1 (the whole track). `tone` names a colour of the page's style. */
export interface BarPart {
  readonly start: number;
  readonly share: number;
  readonly tone: string;
  readonly title?: string;
}

/** One row: `bars` lie below each other, the parts of a bar side by side. */
export interface BarRow {
  readonly name: string;
  readonly bars: readonly (readonly BarPart[])[];
  /** The values in words, one cell for each value column. */
  readonly values: readonly string[];
  /** The bars in words, where the value cells do not say it all. */
  readonly label?: string;
}

/** Draws the rows; `headings` are the name's, the bars' and the value columns'. */
export function barTable(caption: string, headings: readonly HtmlPart[], rows: readonly BarRow[]): Html {
  return html`<table class="bars"><caption class="sr">${caption}</caption>
<thead><tr>${headings.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows.map(barRow)}</tbody></table>`;
}

function barRow({ name, bars, values, label }: BarRow): Html {
  const height = bars.length > 1 ? 7 : 12;
  const pitch = height + 2;
  const picture = bars.flatMap((parts, index) => parts.map((part) => barPart(part, index * pitch, height)));
  const access: HtmlPart = label ? html` role="img" aria-label="${label}"` : html` aria-hidden="true"`;
  return html`<tr><th scope="row" title="${name}">${name}</th><td class="track"><svg width="100%" height="${
    bars.length * pitch - 2
  }"${access}>${picture}</svg></td>${values.map((value) => html`<td class="num">${value}</td>`)}</tr>
`;
}

function barPart({ start, share, tone, title }: BarPart, y: number, height: number): Html {
  const shape = html`<rect class="fill-${tone}" x="${percent(start)}%" y="${y}" width="${percent(share)}%" height="${height}"`;
  return title ? html`${shape}><title>${title}</title></rect>` : html`${shape}/>`;
}

function percent(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
}

/** A value column's heading with the colour of its bars. */
export function toneHeading(name: string, tone: string): Html {
  return html`<i class="mark bg-${tone}"></i>${name}`;
}
