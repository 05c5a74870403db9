/** What screen readers are told of what happens by itself, not more often than one can listen. */
import { signal } from '@preact/signals';

const QUIET_MS = 5000;

const text = signal('');
let lastAt = Number.NEGATIVE_INFINITY;
let later: ReturnType<typeof setTimeout> | undefined;

/** Of several in a short time, the last one is said. */
export function announce(sentence: string): void {
  clearTimeout(later);
  const wait = Math.max(0, lastAt + QUIET_MS - performance.now());
  later = setTimeout(() => {
    lastAt = performance.now();
    text.value = sentence;
  }, wait);
}

export function Announcer() {
  return (
    <p class="sr" role="status" aria-live="polite">
      {text}
    </p>
  );
}
