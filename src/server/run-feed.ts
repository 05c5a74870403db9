/**
 * What operators look at live: the events of a run numbered as in its log, what its clients are doing, how its open
 * round stands.
 *
 * Nothing is kept for who looks: each follower has its place in the log and in the list of activities, and takes the
 * next part when it has taken the one before. So one that is slow, or dead, costs no memory, and one that reads a long log
 * gets all of it. What is not in the log is for now: who is too slow for it misses some.
 */

import { Refusal } from '../protocol/problem.js';
import {
  type FollowedRun,
  type Follower,
  follow,
  type LiveRun,
  tellState,
  type Wanted,
} from './follow-run.js';
import type { ServerRequest, ServerResponse } from './http.js';

/** Operators who look at the same time. */
const MOST_FOLLOWERS = 200;
/** How often it is looked whether the open round stands differently. */
const STATE_MS = 250;

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

export function createRunFeed(): RunFeed {
  const runs = new Map<string, FollowedRun>();
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
