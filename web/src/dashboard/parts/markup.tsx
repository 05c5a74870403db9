/** A panel that reports have too, as it stands: made by `html`, which escapes everything that is not ours. */
import type { Html } from '../../../../src/charts/html.js';

export function Markup({ of, class: name = 'slot' }: { of: Html | undefined; class?: string }) {
  if (!of) return null;
  return <div class={name} dangerouslySetInnerHTML={{ __html: of.markup }} />;
}
