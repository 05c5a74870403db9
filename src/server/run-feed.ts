/**
 * What operators look at live: the events of a run numbered as in its log, what its clients are doing, how its open
 * round stands.
 *
 * Nothing is kept for who looks: each follower has its place in the log and in the list of activities, and takes the
 * next part when it has taken the one before. So one that is slow, or dead, costs no memory, and one that reads a long log
 * gets all of it. What is not in the log is for now: who is too slow for it misses some.
 */

import { Refusal } from '../protocol/problem.js';
import type { Activity } from '../round/activity.js';
import type { ActivityBoard } from '../round/activity-board.js';
import type { RunEvent } from '../round/run-events.js';
import { LOG_START, type LogPart, readLogPart } from '../store/log-part.js';
import { logPath } from '../store/stored-run.js';
import type { OpenRoundState } from './control-messages.js';
import type { ServerRequest, ServerResponse } from './http.js';

/** Operators who look at the same time. */
const MOST_FOLLOWERS = 200;
const PING_MS = 20_000;
/** How often it is looked whether the open round stands differently. */
const STATE_MS = 250;
/** Activities in one part. */
const MOST_TOLD = 500;

/** What is told of an open run beside its log. */
export interface LiveRun {
  readonly board: ActivityBoard;
  state(): OpenRoundState;
}

/** What a follower wants. */
export interface Wanted {
  readonly runId: string;
  /** Its folder. */
  readonly directory: string;
  /** Events that it has already. */
  readonly since: number;
  /** Only events of these types; absent: all. */
  readonly types?: ReadonlySet<string> | undefined;
}

/** Hands on what runs log and do. */
export interface RunFeed {
  /** A run is open; so many events are in its log. */
  begin(runId: string, count: number): void;
  /** From here on there is more to tell of it than its log. */
  attach(runId: string, live: LiveRun): void;
  /** One more event is in the log. */
  note(runId: string): void;
  /** Its clients do something else. */
  stir(runId: string): void;
  /** Nothing more comes of the run. */
  end(runId: string): void;
  isFollowed(runId: string): boolean;
  /** Another object each time that the run has begun here; undefined: it is not open. */
  openingOf(runId: string): object | undefined;
  /** Server-sent events: those of the log, then each as it comes. Ends with the run. */
  stream(wanted: Wanted, request: ServerRequest): ServerResponse;
  close(): void;
}

interface OpenRun {
  count: number;
  live?: LiveRun;
  /** How its round stands, as it was last told. */
  state: string;
}

interface Follower extends Wanted {
  /** Absent once the run is over, and where it was not open. */
  run: OpenRun | undefined;
  isGone: boolean;
  /** There may be news since the follower has looked. */
  hasNews: boolean;
  wake(): void;
}

export function createRunFeed(): RunFeed {
  const runs = new Map<string, OpenRun>();
  const followers = new Set<Follower>();
  let watch: NodeJS.Timeout | undefined;

  const rouse = (follower: Follower) => {
    follower.hasNews = true;
    follower.wake();
  };
  const stir = (runId: string) => {
    for (const follower of followers) if (follower.runId === runId) rouse(follower);
  };
  const lookAtStates = () => {
    const followed = new Set([...followers].map(({ runId }) => runId));
    if (followed.size === 0) {
      clearInterval(watch);
      watch = undefined;
    }
    for (const runId of followed) {
      const run = runs.get(runId);
      if (run && run.state !== tellState(run)) stir(runId);
    }
  };
  const leave = (follower: Follower) => {
    followers.delete(follower);
    follower.isGone = true;
    follower.wake();
  };

  return {
    begin: (runId, count) => void runs.set(runId, { count, state: '' }),
    attach(runId, live) {
      const run = runs.get(runId);
      if (run) run.live = live;
      stir(runId);
    },
    note(runId) {
      const run = runs.get(runId);
      if (run) run.count++;
      stir(runId);
    },
    stir,
    end(runId) {
      runs.delete(runId);
      for (const follower of followers) {
        if (follower.runId !== runId) continue;
        follower.run = undefined;
        rouse(follower);
      }
    },
    isFollowed: (runId) => [...followers].some((follower) => follower.runId === runId),
    openingOf: (runId) => runs.get(runId),
    stream(wanted, request) {
      if (followers.size >= MOST_FOLLOWERS) {
        throw new Refusal('unavailable', `${MOST_FOLLOWERS} others look already`);
      }
      const run = runs.get(wanted.runId);
      if (run) tellState(run);
      // A log that was cut when the run went on is shorter than what was seen of it: all of it is new.
      const since = run && wanted.since > run.count ? 0 : wanted.since;
      const follower: Follower = {
        ...{ ...wanted, since, run, isGone: false, hasNews: true },
        wake: () => {},
      };
      followers.add(follower);
      watch ??= setInterval(lookAtStates, STATE_MS).unref();
      request.onClose(() => leave(follower));
      return {
        status: 200,
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        },
        body: follow(follower, () => leave(follower)),
      };
    },
    close() {
      clearInterval(watch);
      for (const follower of followers) leave(follower);
    },
  };
}

async function* follow(follower: Follower, leave: () => void): AsyncGenerator<string> {
  try {
    yield* parts(follower);
  } finally {
    leave();
  }
}

async function* parts(follower: Follower): AsyncGenerator<string> {
  let { since } = follower;
  let place = LOG_START;
  /** Of the next activity; absent before the first look: then it is all of the open round. */
  let next: number | undefined;
  let state = '';
  for (;;) {
    follower.hasNews = false;
    const { run } = follower;
    for (let atEnd = run !== undefined && place.line >= run.count; !atEnd; ) {
      const bounds = { from: since, ...(run ? { until: run.count } : {}) };
      const part = await readLogPart(logPath(follower.directory), place, bounds).catch(() => undefined);
      if (follower.isGone) return;
      if (!part) return yield 'event: unreadable\ndata: {}\n\n';
      ({ after: place, atEnd } = part);
      const text = eventsOf(part, follower);
      if (text !== '') yield text;
      if (follower.isGone) return;
      // As above, of a run that is not open.
      if (atEnd && !run && place.line < since) [since, place, atEnd] = [0, LOG_START, false];
    }
    if (!run) return yield 'event: over\ndata: {}\n\n';
    const { live } = run;
    if (live) {
      const told = live.board.since(next ?? live.board.openFrom);
      next = live.board.next;
      for (let at = 0; at < told.length; at += MOST_TOLD) {
        yield told
          .slice(at, at + MOST_TOLD)
          .map(activityOf)
          .join('');
        if (follower.isGone) return;
      }
      const stands = run.state || tellState(run);
      if (stands !== state) yield `event: state\ndata: ${stands}\n\n`;
      state = stands;
    }
    if (!(await news(follower))) yield ': here\n\n';
    if (follower.isGone) return;
  }
}

/** Waits for news; false where there was none for a while. */
function news(follower: Follower): Promise<boolean> {
  if (follower.hasNews || follower.isGone) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (heard: boolean) => {
      clearTimeout(timer);
      follower.wake = () => {};
      resolve(heard);
    };
    const timer = setTimeout(settle, PING_MS, false).unref();
    follower.wake = () => settle(true);
  });
}

function tellState(run: OpenRun): string {
  if (run.live) run.state = JSON.stringify(run.live.state());
  return run.state;
}

function eventsOf({ lines }: LogPart, { types }: Follower): string {
  const wanted = lines.filter(({ text }) => isOfType(text, types));
  return wanted.map(({ number, text }) => `id: ${number}\ndata: ${text}\n\n`).join('');
}

function activityOf(activity: Activity): string {
  return `event: activity\ndata: ${JSON.stringify(activity)}\n\n`;
}

/** Whether a line of a log is an event of one of these types; absent: all are. */
export function isOfType(line: string, types: ReadonlySet<string> | undefined): boolean {
  return types === undefined || types.has((JSON.parse(line) as RunEvent).type);
}
