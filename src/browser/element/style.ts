/** How the element looks: by custom properties, which a page may set, in light and dark. */

/**
 * `--tessera-accent`, `--tessera-surface`, `--tessera-text`, `--tessera-muted`, `--tessera-line` and `--tessera-radius` are the
 * page's to set; `color-scheme` of the page decides between light and dark.
 */
export const STYLE = `
:host {
  --accent: var(--tessera-accent, light-dark(#0f6b63, #4fd1c1));
  --surface: var(--tessera-surface, light-dark(#ffffff, #16201f));
  --text: var(--tessera-text, light-dark(#16211f, #e7f0ee));
  --muted: var(--tessera-muted, light-dark(#4c5b58, #a9bab6));
  --line: var(--tessera-line, light-dark(#cfd9d6, #3a4a47));
  display: block;
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.card {
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: var(--tessera-radius, 0.75rem);
  padding: clamp(0.75rem, 4vw, 1.25rem);
  max-width: 36rem;
}
.head { display: flex; gap: 1rem; align-items: center; justify-content: space-between; }
h2 { font-size: 1.125rem; margin: 0; }
p { margin: 0.75rem 0 0; overflow-wrap: anywhere; }
.muted { color: var(--muted); font-size: 0.9375rem; }
button { font: inherit; color: inherit; cursor: pointer; }
button:disabled { cursor: not-allowed; opacity: 0.55; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.switch {
  flex: none;
  width: 3.25rem;
  height: 1.875rem;
  padding: 0.1875rem;
  border: 2px solid var(--muted);
  border-radius: 1rem;
  background: transparent;
}
.switch::before {
  content: '';
  display: block;
  width: 1.125rem;
  height: 1.125rem;
  border-radius: 50%;
  background: var(--muted);
  transition: transform 120ms;
}
.switch[aria-checked='true'] { background: var(--accent); border-color: var(--accent); }
.switch[aria-checked='true']::before { background: var(--surface); transform: translateX(1.3125rem); }
progress { width: 100%; height: 0.5rem; margin-top: 0.75rem; accent-color: var(--accent); }
[hidden] { display: none !important; }
details { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: 0.75rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; max-height: 16rem; margin-top: 0.5rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
th, td { text-align: start; padding: 0.25rem 0.25rem 0.25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
.number { text-align: end; }
tr > :last-child { padding-inline-end: 0; }
.plain { border: 1px solid var(--line); border-radius: 0.5rem; background: transparent; padding: 0.375rem 0.875rem; }
.strong { background: var(--accent); border-color: var(--accent); color: var(--surface); }
.foot { margin-top: 1rem; }
dialog {
  background: var(--surface);
  color: var(--text);
  border: 1px solid var(--line);
  border-radius: var(--tessera-radius, 0.75rem);
  padding: 1.25rem;
  max-width: 28rem;
}
dialog::backdrop { background: #0008; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; justify-content: flex-end; margin-top: 1.25rem; }
@media (prefers-reduced-motion: reduce) { .switch::before { transition: none; } }
`;
