/** The events of a run as they come, numbered as in its log: what operators look at live. */

import { Refusal } from '../protocol/problem.js';
import type { RunEvent } from '../round/run-events.js';
import { readLog } from '../store/event-log.js';
import { logPath } from '../store/stored-run.js';
import type { ResponseSink, ServerRequest, ServerResponse } from './http.js';

/** Operators who look at the same time. */
const MOST_FOLLOWERS = 200;
const PING_MS = 20_000;

/** Hands on what runs log. */
export interface RunFeed {
  /** Events of a run are numbered from here on: so many are in its log. */
  begin(runId: string, count: number): void;
  /** An event that is in the log. */
  note(runId: string, event: RunEvent): void;
  /** Nothing more comes of the run. */
  end(runId: string): void;
  /** Server-sent events: those of the log from `since` on, then each as it comes. Ends with the run. */
  stream(runId: string, directory: string, since: number, request: ServerRequest): ServerResponse;
  close(): void;
}

interface Follower {
  readonly runId: string;
  /** Called with an event and its number, or with nothing at the end. */
  hear(event: RunEvent | undefined, number: number): void;
  readonly sink: ResponseSink;
}

export function createRunFeed(): RunFeed {
  const counts = new Map<string, number>();
  const followers = new Set<Follower>();
  let pings: NodeJS.Timeout | undefined;
  const tell = (runId: string, event: RunEvent | undefined, number: number) => {
    for (const follower of followers) if (follower.runId === runId) follower.hear(event, number);
  };
  const ping = () => {
    for (const { sink } of followers) sink.write(': here\n\n');
  };
  return {
    begin: (runId, count) => void counts.set(runId, count),
    note(runId, event) {
      const number = counts.get(runId) ?? 0;
      counts.set(runId, number + 1);
      tell(runId, event, number);
    },
    end(runId) {
      tell(runId, undefined, counts.get(runId) ?? 0);
      counts.delete(runId);
    },
    stream(runId, directory, since, request) {
      if (followers.size >= MOST_FOLLOWERS) {
        throw new Refusal('unavailable', `${MOST_FOLLOWERS} others look already`);
      }
      return {
        status: 200,
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        },
        body(sink) {
          // What comes while the log is read waits here.
          const early: (readonly [RunEvent | undefined, number])[] = [];
          let next: number | undefined;
          const pass = (event: RunEvent | undefined, number: number) => {
            if (event === undefined) return finish('over');
            // The log may have had it already.
            if (number < (next as number)) return;
            next = number + 1;
            sink.write(`id: ${next}\ndata: ${JSON.stringify(event)}\n\n`);
          };
          const follower: Follower = {
            ...{ runId, sink },
            hear: (event, number) =>
              next === undefined ? void early.push([event, number]) : pass(event, number),
          };
          const finish = (why: string) => {
            if (!followers.delete(follower)) return;
            sink.write(`event: ${why}\ndata: {}\n\n`);
            sink.end();
          };
          followers.add(follower);
          pings ??= setInterval(ping, PING_MS).unref();
          request.onClose(() => void followers.delete(follower));
          const isOpen = counts.has(runId);
          void readLog(logPath(directory)).then(
            ({ events }) => {
              // A log that was cut when the run went on is shorter than what was seen of it: all of it is new.
              next = since > events.length ? 0 : since;
              for (const [index, event] of events.entries()) pass(event, index);
              for (const [event, number] of early) pass(event, number);
              if (!isOpen) finish('over');
            },
            () => finish('unreadable'),
          );
        },
      };
    },
    close() {
      clearInterval(pings);
      for (const { sink } of followers) sink.end();
      followers.clear();
    },
  };
}
