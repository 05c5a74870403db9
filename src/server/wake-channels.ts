/** The wake-up channel: clients wait here, at the price of an idle connection, until there is something to do. */
import type { Task, WakeMessage } from '../protocol/messages.js';
import type { ResponseSink, ServerRequest, ServerResponse } from './http.js';

/** How often an open stream says that it is alive, so that what lies between keeps it. */
const PING_MS = 20_000;

/** What happens to the clients that wait. */
export interface WakeListener {
  /** A client has opened its first channel, or lost its last. */
  onPresence(clientIndex: number, present: boolean): void;
  /**
   * What there is to do for a client: it is told with the call, which saves a check-in. One that opens a channel may
   * have missed the call.
   */
  taskFor(clientIndex: number): Task | undefined;
}

/** All open channels of a server. */
export interface WakeChannels {
  /** Server-sent events: `event: wake` each time the client should check in. */
  stream(clientIndex: number, request: ServerRequest): ServerResponse;
  /** Long poll: answers at the next wake, or after `waitMs` with nothing. */
  poll(clientIndex: number, waitMs: number, request: ServerRequest): ServerResponse;
  wake(clientIndex: number): void;
  isPresent(clientIndex: number): boolean;
  /** Ends the channels of one client. */
  end(clientIndex: number): void;
  readonly open: number;
  /** Ends all channels; clients come back to whoever listens then. */
  close(): void;
}

/** Channels of one client: more than a client needs that has lost some and does not know it. */
const MAX_CHANNELS = 4;

interface Channel {
  readonly sink: ResponseSink;
  readonly kind: 'stream' | 'poll';
  timer?: NodeJS.Timeout;
}

/** Channels without a timer of their own each: one for all pings. */
export function createWakeChannels({ onPresence, taskFor }: WakeListener): WakeChannels {
  const channels = new Map<number, Set<Channel>>();
  let open = 0;
  let pings: NodeJS.Timeout | undefined;

  const ping = () => {
    for (const set of channels.values()) {
      for (const { sink, kind } of set) if (kind === 'stream') sink.write(': here\n\n');
    }
  };
  const add = (clientIndex: number, channel: Channel, request: ServerRequest) => {
    const set = channels.get(clientIndex) ?? new Set();
    channels.set(clientIndex, set);
    set.add(channel);
    open++;
    for (const oldest of [...set].slice(0, -MAX_CHANNELS)) {
      set.delete(oldest);
      open--;
      clearTimeout(oldest.timer);
      oldest.sink.end();
    }
    pings ??= setInterval(ping, PING_MS).unref();
    if (set.size === 1) onPresence(clientIndex, true);
    request.onClose(() => {
      clearTimeout(channel.timer);
      if (!set.delete(channel)) return;
      open--;
      if (set.size > 0 || channels.get(clientIndex) !== set) return;
      channels.delete(clientIndex);
      onPresence(clientIndex, false);
    });
    const task = taskFor(clientIndex);
    if (task) finish(channel, wakeWith(task));
  };
  const finish = (channel: Channel, message: string) => {
    if (channel.kind === 'stream') return channel.sink.write(`event: wake\ndata: ${message}\n\n`);
    clearTimeout(channel.timer);
    channel.sink.write(`${message}\n`);
    channel.sink.end();
  };
  return {
    stream: (clientIndex, request) => ({
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
      body(sink) {
        sink.write('retry: 1000\n\n');
        add(clientIndex, { sink, kind: 'stream' }, request);
      },
    }),
    poll: (clientIndex, waitMs, request) => ({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body(sink) {
        const channel: Channel = { sink, kind: 'poll' };
        channel.timer = setTimeout(() => finish(channel, '{"type":"nothing"}'), waitMs).unref();
        add(clientIndex, channel, request);
      },
    }),
    wake(clientIndex) {
      const set = channels.get(clientIndex);
      if (!set) return;
      const message = wakeWith(taskFor(clientIndex));
      for (const channel of set) finish(channel, message);
    },
    isPresent: (clientIndex) => channels.has(clientIndex),
    end(clientIndex) {
      for (const { sink } of channels.get(clientIndex) ?? []) sink.end();
    },
    get open() {
      return open;
    },
    close() {
      clearInterval(pings);
      for (const set of channels.values())
        for (const { sink, timer } of set) {
          clearTimeout(timer);
          sink.end();
        }
    },
  };
}

function wakeWith(task: Task | undefined): string {
  const message: WakeMessage = { type: 'wake', ...(task ? { task } : {}) };
  return JSON.stringify(message);
}
