/** Follows a run: its log from the beginning, then each event as it comes, through every break of the connection. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { TransportError } from '../../../../src/errors.js';
import type { Activity } from '../../../../src/round/activity.js';
import type { RunEvent } from '../../../../src/round/run-events.js';
import type { OpenRoundState } from '../../../../src/server/control-messages.js';
import { request, retryAt, runPath, sentenceOf } from './api.js';
import { waitToRetry } from './patience.js';

/** The server says something at least every 20 s. */
const SILENCE_MS = 50_000;
/** A long log is read in parts of this length, between which the page can draw. */
const BUSY_MS = 20;

export interface RunListener {
  /** What was told before does not hold: the log begins again. */
  onReset(): void;
  onEvent(event: RunEvent, number: number): void;
  onActivity?(activity: Activity): void;
  onState?(state: OpenRoundState): void;
  /** Nothing more comes. */
  onOver(): void;
  /** The server will not tell, and says why. */
  onRefused(sentence: string): void;
}

/** @param types only these; undefined: all. */
export async function followRun(
  runId: string,
  types: readonly string[] | undefined,
  listener: RunListener,
  signal: AbortSignal,
): Promise<void> {
  const place = { next: 0 };
  for (let failures = 0; !signal.aborted; ) {
    try {
      const isOver = await readStream(runId, types, place, listener, signal, () => {
        failures = 0;
        retryAt.value = null;
      });
      if (isOver) return listener.onOver();
      throw new TransportError('The stream has ended');
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TransportError)) return listener.onRefused(sentenceOf(error));
      await waitToRetry(++failures, signal);
    }
  }
}

/** One connection. @returns whether the run is over */
async function readStream(
  runId: string,
  types: readonly string[] | undefined,
  place: { next: number },
  listener: RunListener,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<boolean> {
  const since = place.next;
  const connection = new AbortController();
  const end = () => connection.abort();
  signal.addEventListener('abort', end);
  let isOver = false;
  let isStale = false;
  const hear = (message: EventSourceMessage) => {
    if (isStale) return;
    if (message.event === 'over') isOver = true;
    else if (message.event === 'activity') listener.onActivity?.(JSON.parse(message.data) as Activity);
    else if (message.event === 'state') listener.onState?.(JSON.parse(message.data) as OpenRoundState);
    else if (message.event === undefined && message.id !== undefined) {
      const number = Number(message.id) - 1;
      const event = JSON.parse(message.data) as RunEvent;
      // The log was cut, or goes on with the round that was open logged anew.
      if (since > 0 && (number < since || event.type === 'run-resumed')) {
        isStale = true;
        return;
      }
      place.next = number + 1;
      listener.onEvent(event, number);
    }
  };
  try {
    const query = types ? `&types=${types.join(',')}` : '';
    const response = await request(`${runPath(runId)}/events?since=${since}${query}`, {
      accept: 'text/event-stream',
      signal: connection.signal,
    });
    onAnswer();
    await readParts(response, createParser({ onEvent: hear }), connection, () => isOver || isStale);
  } catch (cause) {
    if (cause instanceof TypeError || connection.signal.aborted) {
      throw new TransportError('The connection has broken', { cause });
    }
    throw cause;
  } finally {
    signal.removeEventListener('abort', end);
    connection.abort();
  }
  if (isStale) {
    place.next = 0;
    listener.onReset();
    return readStream(runId, types, place, listener, signal, onAnswer);
  }
  return isOver;
}

async function readParts(
  response: Response,
  parser: { feed(text: string): void },
  connection: AbortController,
  isEnough: () => boolean,
): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let since = performance.now();
  let silence = setTimeout(() => connection.abort(), SILENCE_MS);
  try {
    while (reader && !isEnough()) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(), SILENCE_MS);
      parser.feed(decoder.decode(value, { stream: true }));
      if (performance.now() - since > BUSY_MS) {
        await new Promise((resolve) => setTimeout(resolve));
        since = performance.now();
      }
    }
  } finally {
    clearTimeout(silence);
  }
}
