/** Listens on the wake-up channel: server-sent events, and long polls where something on the way holds streams back. */
import { createParser } from 'eventsource-parser';
import { TransportError } from '../errors.js';
import type { Task, WakeMessage } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { type Api, sleep } from './api.js';
import { type BackOff, backOffMs } from './back-off.js';
import type { Subscribe } from './platform.js';

/** A stream that says nothing at all for so long does not get through. */
const SILENCE_MS = 10_000;
const POLL_SECONDS = 25;
/** Streams that broke off or stayed silent this often in a row are given up for polls. */
const MAX_BROKEN_STREAMS = 3;

const RECONNECT: BackOff = { initialMs: 100, maxMs: 30_000, factor: 2 };

export interface WakeContext {
  readonly api: Api;
  random(): number;
  /** Called each time there is something to do: a task, or where that is not said, checking in. */
  onWake(task?: Task): void;
  /** Settles when the client has nothing else to do: until then a call says nothing new. */
  untilIdle(): Promise<void>;
  /** When to open it again at once; see `Platform`. */
  readonly networkBack?: Subscribe | undefined;
  /** Whether the channel is open. */
  onOpen(open: boolean): void;
}

/** Listens until the signal ends it. Never rejects. */
export async function listenForWakes(context: WakeContext, signal: AbortSignal): Promise<void> {
  const { api, random, onWake, onOpen, untilIdle, networkBack } = context;
  let broken = 0;
  for (let failures = 0; !signal.aborted; ) {
    try {
      if (broken < MAX_BROKEN_STREAMS) {
        broken++;
        await readStream(
          api,
          signal,
          () => {
            broken = 0;
            failures = 0;
            onOpen(true);
          },
          onWake,
        );
      } else {
        const message = await poll(api, signal);
        failures = 0;
        if (message.type !== 'wake') continue;
        onWake(message.task);
        // As long as there is a task, a poll is answered at once.
        await untilIdle();
        continue;
      }
    } catch {
      // Whatever it was: checking in tells the person.
    }
    onOpen(false);
    if (signal.aborted) return;
    failures++;
    await sleep(backOffMs(RECONNECT, failures, random()), signal, networkBack);
    // What was said while nobody listened.
    onWake();
  }
}

async function readStream(
  api: Api,
  signal: AbortSignal,
  onAlive: () => void,
  onWake: (task?: Task) => void,
): Promise<void> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const response = await api.send({
      method: 'GET',
      target: PATHS.wake,
      headers: { accept: 'text/event-stream' },
      held: true,
      signal: AbortSignal.any([signal, silent.signal]),
    });
    const parser = createParser({
      onEvent: ({ event, data }) => event === 'wake' && onWake(parseMessage(data).task),
    });
    const decoder = new TextDecoder();
    let alive = false;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      if (!alive) onAlive();
      alive = true;
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
}

async function poll(api: Api, signal: AbortSignal): Promise<Partial<WakeMessage>> {
  const response = await api.send({
    method: 'GET',
    target: `${PATHS.wake}?wait=${POLL_SECONDS}`,
    headers: { accept: 'application/json' },
    held: true,
    signal,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  if (text === '') throw new TransportError('a poll must be answered, got nothing');
  return parseMessage(text);
}

/** What is no message of ours is none that can be used: checking in tells more. */
function parseMessage(text: string): Partial<WakeMessage> {
  try {
    return (JSON.parse(text) as WakeMessage | null) ?? {};
  } catch {
    return {};
  }
}
