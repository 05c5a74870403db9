/** Light, dark, or as the device has it. */
import { signal } from '@preact/signals';

const KEY = 'tessera-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const theme = signal<Theme>(THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'auto');

/** Puts the reader's choice on the page. */
export function applyTheme(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

export function ThemeSwitch() {
  const choose = (event: Event) => {
    const asked = (event.target as HTMLSelectElement).value;
    theme.value = THEMES.find((one) => one === asked) ?? 'auto';
    localStorage.setItem(KEY, theme.value);
    applyTheme();
  };
  return (
    <label class="theme">
      <span class="sr">Colours</span>
      <select value={theme.value} onChange={choose}>
        <option value="auto">Auto</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
