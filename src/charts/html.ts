/** HTML as strings, where everything that is not already HTML is escaped. */

/** Text that is safe to stand in a page. Made by `html` only. */
export interface Html {
  readonly markup: string;
}

/** What may stand between the markup: text and numbers are escaped, nothing prints nothing. */
export type HtmlPart = Html | string | number | null | undefined | false | readonly HtmlPart[];

/** Tagged template: joins markup and parts, escaping every part that is not `Html`. */
export function html(markup: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let text = markup[0] ?? '';
  parts.forEach((part, index) => {
    text += render(part) + (markup[index + 1] ?? '');
  });
  return { markup: text };
}

function render(part: HtmlPart): string {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(render).join('');
}

/** Takes markup as it stands: only for text written by us, never for text of a user. */
export function trustedHtml(markup: string): Html {
  return { markup };
}

/** Escapes text for element content and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** JSON that may stand inside a script element: no character in it can close the element or open a comment. */
export function embedJson(value: unknown): Html {
  return { markup: JSON.stringify(value).replaceAll('<', '\\u003c') };
}
