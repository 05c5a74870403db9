/** Who could take part now: clients that wait on the wake-up channel, or have checked in a short while ago. */
import type { Attributes } from '../protocol/messages.js';

/** A client that was told to come back after some time may be late by so much. */
const LATENESS = 1.5;
const LATENESS_MS = 5_000;

/** What a check-in says. */
interface Told {
  readonly attributes: Attributes;
  readonly exampleCount?: number | undefined;
  readonly heldOutCount?: number | undefined;
  readonly runIds?: readonly string[] | undefined;
}

/** What is known of a client that has checked in since the server's start. */
interface Presence {
  readonly clientIndex: number;
  population: string;
  attributes: Readonly<Record<string, string>>;
  exampleCount: number | undefined;
  heldOutCount: number;
  /** The runs that it would take part in; undefined: any. */
  runIds: readonly string[] | undefined;
  /** When it was last heard of. */
  heardAt: number;
  /** Until when it counts as there without a wake-up channel. */
  until: number;
}

export interface Availability {
  /** A client has checked in, and will again after `retryAfterMs` at the latest. */
  note(clientIndex: number, population: string, told: Told, retryAfterMs: number): Presence;
  /** Those of a population who are there, and work for nobody else. */
  candidates(runId: string, population: string): Presence[];
  find(clientIndex: number): Presence | undefined;
  /** The client works for this run from now on, whether or not it has been heard of since the server's start. */
  engage(clientIndex: number, runId: string): void;
  /** It does not any more. */
  release(clientIndex: number, runId: string): void;
  /** The run that it works for now. */
  busyWith(clientIndex: number): string | undefined;
  /** A signed request of the client has come. */
  heard(clientIndex: number): void;
  /** Its channel broke: without another word it counts as there for so long only. */
  lost(clientIndex: number, graceMs: number): void;
  /** It has left, or may not come any more. */
  forget(clientIndex: number): void;
  /** How many have checked in and not been found gone. */
  readonly known: number;
}

/** @param isPresent whether a client waits on the wake-up channel */
export function createAvailability(
  isPresent: (clientIndex: number) => boolean,
  now: () => number,
): Availability {
  const known = new Map<number, Presence>();
  const busy = new Map<number, string>();
  const isThere = ({ clientIndex, until }: Presence, time: number) => isPresent(clientIndex) || time <= until;
  return {
    note(clientIndex, population, { attributes, exampleCount, heldOutCount = 0, runIds }, retryAfterMs) {
      const until = now() + retryAfterMs * LATENESS + LATENESS_MS;
      const before = known.get(clientIndex);
      const told = { population, attributes, exampleCount, heldOutCount, runIds, until, heardAt: now() };
      if (before) return Object.assign(before, told);
      const presence: Presence = { clientIndex, ...told };
      known.set(clientIndex, presence);
      return presence;
    },
    candidates(runId, population) {
      const time = now();
      const found: Presence[] = [];
      for (const presence of known.values()) {
        if (!isThere(presence, time)) {
          known.delete(presence.clientIndex);
          continue;
        }
        const free = (busy.get(presence.clientIndex) ?? runId) === runId;
        const willing = presence.runIds === undefined || presence.runIds.includes(runId);
        if (free && willing && presence.population === population) found.push(presence);
      }
      return found;
    },
    find: (clientIndex) => known.get(clientIndex),
    engage: (clientIndex, runId) => void busy.set(clientIndex, runId),
    release(clientIndex, runId) {
      if (busy.get(clientIndex) === runId) busy.delete(clientIndex);
    },
    busyWith: (clientIndex) => busy.get(clientIndex),
    heard(clientIndex) {
      const presence = known.get(clientIndex);
      if (presence) presence.heardAt = now();
    },
    lost(clientIndex, graceMs) {
      const presence = known.get(clientIndex);
      if (presence) presence.until = Math.min(presence.until, now() + graceMs);
    },
    forget(clientIndex) {
      known.delete(clientIndex);
      busy.delete(clientIndex);
    },
    get known() {
      return known.size;
    },
  };
}
