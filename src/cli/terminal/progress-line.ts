/** A progress bar on one line, with the time left. */
import { formatDuration } from '../../format.js';
import { clip, pad, paint, type TerminalOptions } from './style.js';

/** How far something is. `msPerUnit` is a recent pace (see `smoothed`); without it the pace so far is taken. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly label: string;
  readonly elapsedMs: number;
  readonly msPerUnit?: number;
}

const WIDEST_BAR = 30;
const NARROWEST_BAR = 6;

/** One line of at most `columns` - 1 characters; what does not fit is left out, first the bar, then the end. */
export function progressLine(progress: Progress, options: TerminalOptions): string {
  const { unicode = true } = options;
  const room = Math.max(0, options.columns - 1);
  const share = progress.total > 0 ? Math.min(1, Math.max(0, progress.done / progress.total)) : 0;
  const tail = `${pad(`${Math.floor(share * 100)}%`, 4, 'right')}  ${timeText(progress)}`.trimEnd();
  const barWidth = Math.min(WIDEST_BAR, room - progress.label.length - tail.length - 3);
  if (barWidth < NARROWEST_BAR) return clip(`${progress.label} ${tail}`, room, options);
  const full = Math.round(share * barWidth);
  const [done, open] = unicode ? ['█', '░'] : ['#', '-'];
  const bar = paint(done.repeat(full), 'cyan', options) + paint(open.repeat(barWidth - full), 'dim', options);
  return `${progress.label}  ${bar} ${tail}`;
}

function timeText({ done, total, elapsedMs, msPerUnit }: Progress): string {
  const pace = msPerUnit ?? (done > 0 ? elapsedMs / done : undefined);
  if (done >= total || pace === undefined || !Number.isFinite(pace)) return formatDuration(elapsedMs);
  return `${formatDuration(pace * (total - done))} left`;
}

/** The next value of an exponential moving average in which the newest counts 3 tenths. */
export function smoothed(previous: number | undefined, newest: number): number {
  return previous === undefined ? newest : previous + 0.3 * (newest - previous);
}
