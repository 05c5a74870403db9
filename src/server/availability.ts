/** Who could take part now: clients that wait on the wake-up channel, or have checked in a short while ago. */
import type { Attributes } from '../protocol/messages.js';

/** A client that was told to come back after some time may be late by so much. */
const LATENESS = 1.5;
const LATENESS_MS = 5_000;

/** What a check-in says. */
export interface Told {
  readonly attributes: Attributes;
  readonly exampleCount?: number | undefined;
  readonly heldOutCount?: number | undefined;
  readonly runIds?: readonly string[] | undefined;
}

/** What is known of a client that has checked in since the server's start. */
export interface Presence {
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
  /** The run that it works for now. */
  busyWith: string | undefined;
}

export interface Availability {
  /** A client has checked in, and will again after `retryAfterMs` at the latest. */
  note(clientIndex: number, population: string, told: Told, retryAfterMs: number): Presence;
  /** Those of a population who are there, and work for nobody else. */
  candidates(runId: string, population: string): Presence[];
  find(clientIndex: number): Presence | undefined;
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
  const isThere = ({ clientIndex, until }: Presence, time: number) => isPresent(clientIndex) || time <= until;
  return {
    note(clientIndex, population, { attributes, exampleCount, heldOutCount = 0, runIds }, retryAfterMs) {
      const until = now() + retryAfterMs * LATENESS + LATENESS_MS;
      const before = known.get(clientIndex);
      const told = { population, attributes, exampleCount, heldOutCount, runIds, until, heardAt: now() };
      if (before) return Object.assign(before, told);
      const presence: Presence = { clientIndex, ...told, busyWith: undefined };
      known.set(clientIndex, presence);
      return presence;
    },
    candidates(runId, population) {
      const time = now();
      const found: Presence[] = [];
      for (const presence of known.values()) {
        if (!isThere(presence, time)) {
          if (presence.busyWith === undefined) known.delete(presence.clientIndex);
          continue;
        }
        const free = presence.busyWith === undefined || presence.busyWith === runId;
        const willing = presence.runIds === undefined || presence.runIds.includes(runId);
        if (free && willing && presence.population === population) found.push(presence);
      }
      return found;
    },
    find: (clientIndex) => known.get(clientIndex),
    forget: (clientIndex) => void known.delete(clientIndex),
    get known() {
      return known.size;
    },
  };
}
