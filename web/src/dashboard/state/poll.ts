/** Asks for something again and again while it is looked at. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { TransportError } from '../../../../src/errors.js';
import { ask, sentenceOf } from './api.js';
import { pause, waitToRetry } from './patience.js';

export interface Polled<Answer> {
  /** Undefined before the first answer. */
  readonly answer: ReadonlySignal<Answer | undefined>;
  /** Why there is none, in a sentence. */
  readonly refusal: ReadonlySignal<string | undefined>;
  /** Asks now. */
  refresh(): void;
}

/** @param path undefined: nothing is asked. */
export function usePolled<Answer>(path: string | undefined, everyMs: number): Polled<Answer> {
  const polled = useMemo(() => createPolled<Answer>(path, everyMs), [path, everyMs]);
  useEffect(() => polled.begin(), [polled]);
  return polled;
}

/** Resolves at once, or where the tab is in the background, when it comes to the front. */
function untilVisible(end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden) return resolve();
    const options = { once: true, signal: end };
    document.addEventListener('visibilitychange', () => resolve(), options);
  });
}

function createPolled<Answer>(path: string | undefined, everyMs: number) {
  const answer = signal<Answer | undefined>(undefined);
  const refusal = signal<string | undefined>(undefined);
  let round = new AbortController();
  const loop = async (end: AbortSignal) => {
    let failures = 0;
    while (!end.aborted && path !== undefined) {
      try {
        const said = await ask<Answer>(path, { signal: end });
        failures = 0;
        answer.value = said;
        refusal.value = undefined;
        await pause(everyMs, end);
        await untilVisible(end);
      } catch (error) {
        if (end.aborted) return;
        if (error instanceof TransportError) await waitToRetry(++failures, end);
        else {
          refusal.value = sentenceOf(error);
          return;
        }
      }
    }
  };
  const begin = () => {
    round.abort();
    round = new AbortController();
    void loop(round.signal);
    return () => round.abort();
  };
  return { answer, refusal, begin, refresh: () => void begin() };
}
