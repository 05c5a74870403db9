/**
 * The places in which updates are put together while they arrive: a fixed number a run, so that the server's memory
 * grows with the model and not with how many clients send at once. Who finds no place free waits, with its bytes
 * still in the network.
 */
import { createHash, type Hash } from 'node:crypto';
import type { RunningSum } from '../aggregate/running-sum.js';
import type { Layout } from '../params/layout.js';
import { createSafetensorsReader, type SafetensorsReader } from '../params/safetensors-stream.js';
import { Refusal } from '../protocol/problem.js';

/** How slow an upload may be that others wait for. */
interface Patience {
  /** It may take so long, and after that must be at least so fast. */
  readonly graceMs: number;
  readonly minBytesPerSecond: number;
  /** How often those who wait look for one that is too slow. */
  readonly checkMs: number;
}

const DEFAULT_PATIENCE: Patience = { graceMs: 10_000, minBytesPerSecond: 64 * 1024, checkMs: 1_000 };

/** One upload on its way. */
export interface UploadSlot {
  readonly key: string;
  /** The digest of the whole update, as announced. */
  readonly digest: string;
  readonly values: Float32Array;
  readonly reader: SafetensorsReader;
  readonly hash: Hash;
  /** Bytes so far; where an interrupted upload goes on. */
  received: number;
  /** Whether a request is writing to it. */
  busy: boolean;
  /** When one last did and broke off. */
  brokeOffAt: number;
  startedAt: number;
  /** Of the request that writes, or wrote last: aborted with a refusal when it has to stop. */
  writer: AbortController;
}

export interface UploadSlots {
  /**
   * A place for an upload from its beginning. What was there of the same key is dropped: a client that starts again
   * has lost its connection, which the server may find out much later.
   *
   * @param whenGone asked for a signal where it has to wait, which aborts when the request is gone
   * @throws {Refusal} `timeout` when it is gone, `unavailable` when a newer request waits in its place.
   */
  acquire(key: string, digest: string, whenGone: () => AbortSignal): Promise<UploadSlot>;
  /** The upload of that key and digest, which no request writes to from now on; undefined where it is gone. */
  takeOver(key: string, digest: string): UploadSlot | undefined;
  /** Goes on with what `takeOver` has found. */
  resume(slot: UploadSlot): void;
  /** The request broke off: what came is kept as long as nobody needs the place. */
  interrupt(slot: UploadSlot, writer: AbortController): void;
  /** The upload is over, well or not. */
  release(slot: UploadSlot): void;
  /** Whether some request of the client is writing, or has broken off less than so long ago and may be gone on with. */
  isSending(clientIndex: number, patienceMs: number): boolean;
  /** Uploads with a place, and those who wait for one. */
  readonly inProgress: number;
  readonly waiting: number;
}

/** One of the fixed number, with what reads into it. */
type Place = Pick<UploadSlot, 'values' | 'reader'>;

/**
 * As many places as there are rooms, where updates lie as they are folded.
 *
 * @param now milliseconds, of any origin
 */
export function createUploadSlots(
  layout: Layout,
  { rooms, allFinite }: Pick<RunningSum, 'rooms' | 'allFinite'>,
  now: () => number,
  { graceMs, minBytesPerSecond, checkMs }: Patience = DEFAULT_PATIENCE,
): UploadSlots {
  const free: Place[] = rooms.map((values) => ({
    values,
    reader: createSafetensorsReader(layout, values, { allFinite }),
  }));
  const slots = new Map<string, UploadSlot>();
  const queue: Waiter[] = [];
  let patience: NodeJS.Timeout | undefined;

  const takePlace = (): Place | undefined => {
    const place = free.pop();
    if (place) return place;
    const idle = [...slots.values()].filter(({ busy }) => !busy).sort((a, b) => a.startedAt - b.startedAt)[0];
    if (idle) slots.delete(idle.key);
    return idle;
  };
  const next = () => queue.shift()?.go();
  const hurry = () => {
    if (queue.length === 0) {
      clearInterval(patience);
      patience = undefined;
      return;
    }
    const time = now();
    const slow = [...slots.values()].filter(({ busy, received, startedAt }) => {
      const age = time - startedAt;
      return busy && age > graceMs && received < (minBytesPerSecond * age) / 1000;
    });
    for (const { writer } of slow) writer.abort(new Refusal('unavailable', TOO_SLOW, RETRY_LATER));
  };
  const leave = (waiter: Waiter) => {
    const at = queue.indexOf(waiter);
    if (at >= 0) queue.splice(at, 1);
  };
  const wait = (key: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const giveUp = (why: Refusal) => {
        leave(waiter);
        signal.removeEventListener('abort', onGone);
        reject(why);
      };
      const onGone = () => giveUp(new Refusal('timeout', LEFT));
      const go = () => {
        signal.removeEventListener('abort', onGone);
        resolve();
      };
      const waiter: Waiter = { key, go, giveUp };
      queue.push(waiter);
      signal.addEventListener('abort', onGone);
      patience ??= setInterval(hurry, checkMs).unref();
    });
  const release = (slot: UploadSlot) => {
    if (slots.get(slot.key) !== slot) return;
    slots.delete(slot.key);
    free.push(slot);
    next();
  };

  return {
    async acquire(key, digest, whenGone) {
      const newer = () => new Refusal('unavailable', 'this update is being sent again', RETRY_SOON);
      queue.find((waiter) => waiter.key === key)?.giveUp(newer());
      const before = slots.get(key);
      if (before) {
        before.writer.abort(newer());
        release(before);
      }
      let place = queue.length === 0 ? takePlace() : undefined;
      while (!place) {
        const signal = whenGone();
        if (signal.aborted) throw new Refusal('timeout', LEFT);
        await wait(key, signal);
        // Between the call and this line it may have left, or have come again and been quicker.
        if (signal.aborted || slots.has(key)) {
          next();
          throw signal.aborted ? new Refusal('timeout', LEFT) : newer();
        }
        place = takePlace();
      }
      const { values, reader } = place;
      reader.reset();
      const slot: UploadSlot = {
        ...{ key, digest, values, reader, received: 0, busy: true, writer: new AbortController() },
        brokeOffAt: Number.NEGATIVE_INFINITY,
        hash: createHash('sha256'),
        startedAt: now(),
      };
      slots.set(key, slot);
      return slot;
    },
    takeOver(key, digest) {
      const slot = slots.get(key);
      if (slot?.digest !== digest) return undefined;
      slot.writer.abort(new Refusal('unavailable', 'this update is being sent again', RETRY_SOON));
      slot.busy = false;
      slot.brokeOffAt = now();
      return slot;
    },
    resume(slot) {
      slot.busy = true;
      slot.writer = new AbortController();
      slot.startedAt = now();
    },
    interrupt(slot, writer) {
      if (slot.writer !== writer) return;
      slot.busy = false;
      slot.brokeOffAt = now();
      if (slots.get(slot.key) === slot && queue.length > 0) release(slot);
    },
    release,
    isSending(clientIndex, patienceMs) {
      const since = now() - patienceMs;
      return [...slots.values()].some(
        ({ busy, brokeOffAt, key }) => (busy || brokeOffAt > since) && key.endsWith(`/${clientIndex}`),
      );
    },
    get inProgress() {
      return slots.size;
    },
    get waiting() {
      return queue.length;
    },
  };
}

interface Waiter {
  readonly key: string;
  readonly go: () => void;
  readonly giveUp: (why: Refusal) => void;
}

const RETRY_SOON = { headers: { 'retry-after': '1' } };
const RETRY_LATER = { headers: { 'retry-after': '5' } };
const LEFT = 'the client left while it waited to send';
const TOO_SLOW = 'others wait and this upload is slow: go on later';
