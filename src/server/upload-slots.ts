/**
 * The places in which updates are put together while they arrive: a fixed number a run, so that the server's memory
 * grows with the model and not with how many clients send at once. Who finds no place free waits, with its bytes
 * still in the network.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Layout } from '../params/layout.js';
import { createSafetensorsReader, type SafetensorsReader } from '../params/safetensors-stream.js';
import { Refusal } from '../protocol/problem.js';

/** An upload that others wait for may take so long, and after that must be at least so fast. */
const GRACE_MS = 10_000;
const MIN_BYTES_PER_SECOND = 64 * 1024;
/** How often those who wait look for one that is too slow. */
const PATIENCE_MS = 1_000;

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
  startedAt: number;
  /** Set when others wait and this one is too slow: it has to stop. */
  preempted: boolean;
}

export interface UploadSlots {
  /** A place for an upload from its beginning; what was there of the same key is dropped. */
  acquire(key: string, digest: string, isGone: () => boolean): Promise<UploadSlot>;
  /** The interrupted upload of that key and digest; undefined where it is gone, or still being written. */
  find(key: string, digest: string): UploadSlot | undefined;
  /** Goes on with what `find` has found. */
  resume(slot: UploadSlot): void;
  /** The request broke off: what came is kept as long as nobody needs the place. */
  interrupt(slot: UploadSlot): void;
  /** The upload is over, well or not. */
  release(slot: UploadSlot): void;
  /** Whether some request of the client is writing. */
  isSending(clientIndex: number): boolean;
  /** Uploads with a place, and those who wait for one. */
  readonly inProgress: number;
  readonly waiting: number;
}

/** @param now milliseconds, of any origin */
export function createUploadSlots(layout: Layout, count: number, now: () => number): UploadSlots {
  const free: Float32Array[] = [];
  const slots = new Map<string, UploadSlot>();
  const queue: (() => void)[] = [];
  let made = 0;
  let patience: NodeJS.Timeout | undefined;

  const takeBuffer = (): Float32Array | undefined => {
    const buffer = free.pop();
    if (buffer) return buffer;
    if (made < count) {
      made++;
      return new Float32Array(layout.size);
    }
    const idle = [...slots.values()].filter(({ busy }) => !busy).sort((a, b) => a.startedAt - b.startedAt)[0];
    if (!idle) return undefined;
    slots.delete(idle.key);
    return idle.values;
  };
  const next = () => queue.shift()?.();
  const hurry = () => {
    if (queue.length === 0) {
      clearInterval(patience);
      patience = undefined;
      return;
    }
    const time = now();
    const slow = [...slots.values()].filter(({ busy, received, startedAt }) => {
      const age = time - startedAt;
      return busy && age > GRACE_MS && received < (MIN_BYTES_PER_SECOND * age) / 1000;
    });
    for (const slot of slow) slot.preempted = true;
  };
  const wait = () =>
    new Promise<void>((resolve) => {
      queue.push(resolve);
      patience ??= setInterval(hurry, PATIENCE_MS).unref();
    });
  const release = (slot: UploadSlot) => {
    if (slots.get(slot.key) !== slot) return;
    slots.delete(slot.key);
    free.push(slot.values);
    next();
  };

  return {
    async acquire(key, digest, isGone) {
      const before = slots.get(key);
      if (before?.busy) throw new Refusal('conflict', 'this update is being sent already', RETRY_SOON);
      if (before) release(before);
      let buffer = queue.length === 0 ? takeBuffer() : undefined;
      while (!buffer) {
        await wait();
        if (isGone()) {
          next();
          throw new Refusal('timeout', 'the client left while it waited to send');
        }
        buffer = takeBuffer();
      }
      if (slots.has(key)) {
        free.push(buffer);
        next();
        throw new Refusal('conflict', 'this update is being sent already', RETRY_SOON);
      }
      const slot: UploadSlot = {
        ...{ key, digest, values: buffer, received: 0, busy: true, preempted: false },
        reader: createSafetensorsReader(layout, buffer),
        hash: createHash('sha256'),
        startedAt: now(),
      };
      slots.set(key, slot);
      return slot;
    },
    find(key, digest) {
      const slot = slots.get(key);
      return slot && !slot.busy && slot.digest === digest ? slot : undefined;
    },
    resume(slot) {
      slot.busy = true;
      slot.preempted = false;
      slot.startedAt = now();
    },
    interrupt(slot) {
      slot.busy = false;
      if (slots.get(slot.key) === slot && queue.length > 0) release(slot);
    },
    release,
    isSending(clientIndex) {
      for (const { busy, key } of slots.values()) if (busy && key.endsWith(`/${clientIndex}`)) return true;
      return false;
    },
    get inProgress() {
      return slots.size;
    },
    get waiting() {
      return queue.length;
    },
  };
}

const RETRY_SOON = { headers: { 'retry-after': '1' } };
