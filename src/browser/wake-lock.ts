/** Keeps the screen on while a task is under way and the page is seen: a device that sleeps does not train. */
import type { ParticipantState } from './participant-state.js';

/** @param subscribe is handed what is to be called at each change of the state */
export function watchWakeLock(
  subscribe: (listener: (state: ParticipantState) => void) => void,
  signal: AbortSignal,
): void {
  const { wakeLock } = navigator as { readonly wakeLock?: WakeLock };
  if (!wakeLock) return;
  let wanted = false;
  let held: WakeLockSentinel | undefined;
  const want = () => wanted && !signal.aborted && document.visibilityState === 'visible';
  const change = async () => {
    if (want() && (held?.released ?? true)) {
      // A browser may refuse, as when the battery is low: then the screen goes off as ever.
      held = await wakeLock.request('screen').catch(() => undefined);
    } else if (!want()) {
      await held?.release();
      held = undefined;
    }
  };
  let last = Promise.resolve();
  const look = () => {
    last = last.then(change);
  };
  subscribe(({ status }) => {
    const before = wanted;
    wanted = status === 'working';
    if (wanted !== before) look();
  });
  // The browser takes the lock away when the page is hidden.
  document.addEventListener('visibilitychange', look, { signal });
  signal.addEventListener('abort', look, { once: true });
}
