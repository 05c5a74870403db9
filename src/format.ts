/** Numbers as people read them, the same in reports, in the terminal and in what a client says. */

const NOT_A_NUMBER = 'n/a';

/** A byte count in decimal units: "532 B", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return NOT_A_NUMBER;
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A duration in milliseconds, two units at most: "320 ms", "12.3 s", "3 min 05 s", "2 h 14 min", "3 d 04 h". */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return NOT_A_NUMBER;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** A share from 0 to 1 as a percentage with one decimal; never rounds up to "100.0%" or down to "0.0%". */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NOT_A_NUMBER;
  const text = (share * 100).toFixed(1);
  if (share < 1 && text === '100.0') return share < 0.9999 ? `${(share * 100).toFixed(2)}%` : '>99.99%';
  if (share > 0 && text === '0.0') return '<0.1%';
  return `${text}%`;
}

/** A metric such as a loss, with four significant digits; "n/a" where a diverged run left none. */
export function formatMetric(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOT_A_NUMBER;
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) return value.toExponential(2);
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.1))));
  return value.toFixed(Math.min(decimals, 4));
}

/** A whole number with commas between thousands: "1,663,370". */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count with its noun: "1 round", "30 rounds". */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
