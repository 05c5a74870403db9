/**
 * One who follows a run: takes part after part of its log, then of what its clients do, each when the one before is taken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Activity } from '../round/activity.js';
import type { ActivityBoard } from '../round/activity-board.js';
import type { RunEvent } from '../round/run-events.js';
import { LOG_START, type LogPlace, readLogPart } from '../store/log-part.js';
import { logPath } from '../store/stored-run.js';
import type { OpenRoundState } from './control-messages.js';

const PING_MS = 20_000;
/** What comes within so long is told together: a run may log thousands of events a second. */
const BEAT_MS = 50;
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

/** A run that is open, as its followers see it. */
export interface FollowedRun {
  count: number;
  live?: LiveRun;
  /** How its round stands, as it was last told. */
  state: string;
}

/** One who looks. */
export interface Follower extends Wanted {
  /** Absent once the run is over, and where it was not open. */
  run: FollowedRun | undefined;
  isGone: boolean;
  /** There may be news since the follower has looked. */
  hasNews: boolean;
  wake(): void;
}

/** What a follower is sent, part by part; ends with the run, or when the follower is gone. */
export async function* follow(follower: Follower, leave: () => void): AsyncGenerator<string> {
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
  let live: LiveRun | undefined;
  let state = '';
  for (;;) {
    follower.hasNews = false;
    const { run } = follower;
    for (let atEnd = run !== undefined && place.line >= run.count; !atEnd; ) {
      const bounds = { from: since, ...(run ? { until: run.count } : {}) };
      const part = await eventsOf(follower, place, bounds).catch(() => undefined);
      if (follower.isGone) return;
      if (!part) return yield 'event: unreadable\ndata: {}\n\n';
      ({ after: place, atEnd } = part);
      if (part.text !== '') yield part.text;
      if (follower.isGone) return;
      // As above, of a run that is not open.
      if (atEnd && !run && place.line < since) [since, place, atEnd] = [0, LOG_START, false];
    }
    // What its clients did last is told of a run that is over, too.
    live = run?.live ?? live;
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
    }
    if (!run) return yield 'event: over\ndata: {}\n\n';
    if (run.live) {
      const stands = run.state || tellState(run);
      if (stands !== state) yield `event: state\ndata: ${stands}\n\n`;
      state = stands;
    }
    if (await news(follower)) await sleep(BEAT_MS);
    else yield ': here\n\n';
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

/** How the open round stands now. */
export function tellState(run: FollowedRun): string {
  if (run.live) run.state = JSON.stringify(run.live.state());
  return run.state;
}

async function eventsOf(
  { directory, types }: Follower,
  place: LogPlace,
  bounds: Parameters<typeof readLogPart>[2],
): Promise<{ readonly text: string; readonly after: LogPlace; readonly atEnd: boolean }> {
  const { lines, after, atEnd } = await readLogPart(logPath(directory), place, bounds);
  const wanted = lines.filter(({ text }) => isOfType(text, types));
  return {
    text: wanted.map(({ number, text }) => `id: ${number}\ndata: ${text}\n\n`).join(''),
    after,
    atEnd,
  };
}

function activityOf(activity: Activity): string {
  return `event: activity\ndata: ${JSON.stringify(activity)}\n\n`;
}

/** Whether a line of a log is an event of one of these types; absent: all are. */
export function isOfType(line: string, types: ReadonlySet<string> | undefined): boolean {
  return types === undefined || types.has((JSON.parse(line) as RunEvent).type);
}
