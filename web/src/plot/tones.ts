/** The page's colours as a canvas needs them. */

let probe: HTMLElement | undefined;
/** Asking for a colour makes the browser work out styles; charts ask often. */
const known = new Map<string, string>();

/** The colour that the style sheet calls `--name`, as it is now: by theme, resolved to numbers. */
export function tone(name: string): string {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (!probe?.isConnected) {
    listen(() => known.clear());
    probe = document.createElement('i');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  const { color } = getComputedStyle(probe);
  known.set(name, color);
  return color;
}

/** Calls back when the colours have changed: the device's preference, or the reader's choice. @returns the way to stop it */
export function onTonesChange(listener: () => void): () => void {
  return listen(() => {
    known.clear();
    listener();
  });
}

function listen(listener: () => void): () => void {
  const preference = matchMedia('(prefers-color-scheme: dark)');
  preference.addEventListener('change', listener);
  const choice = new MutationObserver(listener);
  choice.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    preference.removeEventListener('change', listener);
    choice.disconnect();
  };
}
