/**
 * How often somebody may ask: a bucket of tokens for each key, by the client's key or, for those without one, by network.
 *
 * Threats: one client asks all the time; an attacker with many addresses fills the memory with buckets, or drives out
 * the bucket it has emptied so as to get a full one. A bucket is one number, the time at which it will be full again
 * (the generic cell rate algorithm: ITU-T I.371), and there are so many at most. To make room the fullest goes, that of
 * whoever asked least; all fill equally fast, so their order never changes while they wait, and a heap keeps it.
 */
import { isIPv6 } from 'node:net';
import { ConfigError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';

/** How much is allowed. */
export interface RateLimitSettings {
  /** Requests a second in the long run; above 0. */
  readonly perSecond: number;
  /** Requests at once after a pause; 1 or more. */
  readonly burst: number;
  /** Buckets that are remembered; 10,000 by default. */
  readonly maxKeys?: number;
}

/** A rate limit. */
export interface RateLimit {
  /**
   * Takes from the bucket of a key.
   *
   * @param nowMs of a clock that does not run backwards, such as `performance.now()`
   * @param cost of this request: 0 to `burst`; 1 by default
   * @throws {Refusal} `too-many-requests` with `retry-after`, when there is not enough left; then nothing is taken.
   */
  take(key: string, nowMs: number, cost?: number): void;
  /** Buckets that are remembered. */
  readonly size: number;
}

interface Bucket {
  readonly key: string;
  fullAt: number;
  /** Where it is in the heap. */
  place: number;
}

/** @throws {ConfigError} when a setting is out of its range. */
export function createRateLimit({ perSecond, burst, maxKeys = 10_000 }: RateLimitSettings): RateLimit {
  if (!(perSecond > 0 && perSecond < Number.POSITIVE_INFINITY)) {
    throw new ConfigError(`perSecond must be a positive finite number, got ${perSecond}`);
  }
  if (!(burst >= 1 && burst < Number.POSITIVE_INFINITY)) {
    throw new ConfigError(`burst must be a finite number from 1, got ${burst}`);
  }
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new ConfigError(`maxKeys must be an integer from 1, got ${maxKeys}`);
  }
  const tokenMs = 1000 / perSecond;
  const buckets = new Map<string, Bucket>();
  /** The fullest first: each comes before its two children, at 2 * place + 1 and 2 * place + 2. */
  const heap: Bucket[] = [];

  const put = (bucket: Bucket, place: number) => {
    heap[place] = bucket;
    bucket.place = place;
  };
  /** A bucket has less than before: moves it down to where it belongs. */
  const sink = (bucket: Bucket) => {
    for (let place = bucket.place; ; ) {
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      const child = right && left && right.fullAt < left.fullAt ? right : left;
      if (!child || child.fullAt >= bucket.fullAt) return put(bucket, place);
      const below = child.place;
      put(child, place);
      place = below;
    }
  };
  const dropFullest = () => {
    const fullest = heap[0] as Bucket;
    const last = heap.pop() as Bucket;
    buckets.delete(fullest.key);
    if (last !== fullest) {
      last.place = 0;
      sink(last);
    }
  };
  const add = (key: string, fullAt: number) => {
    if (heap.length >= maxKeys) dropFullest();
    const bucket = { key, fullAt, place: heap.length };
    buckets.set(key, bucket);
    // Up to where it belongs.
    for (let place = heap.length; ; ) {
      const parent = heap[(place - 1) >> 1];
      if (!parent || parent.fullAt <= fullAt) return put(bucket, place);
      const above = parent.place;
      put(parent, place);
      place = above;
    }
  };

  return {
    take: (key, nowMs, cost = 1) => {
      const bucket = buckets.get(key);
      const fullAt = Math.max(nowMs, bucket?.fullAt ?? nowMs) + cost * tokenMs;
      const waitMs = fullAt - burst * tokenMs - nowMs;
      // A difference of times this large is off by far less than a microsecond.
      if (waitMs > 1e-3) throw tooMany(waitMs);
      if (bucket) {
        bucket.fullAt = fullAt;
        sink(bucket);
      } else {
        add(key, fullAt);
      }
    },
    get size() {
      return buckets.size;
    },
  };
}

/** Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, which one household has. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    // A dotted end counts as two groups.
    const length = rest.length + (tail.includes('.') ? 1 : 0);
    while (groups.length + length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function tooMany(waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return new Refusal('too-many-requests', `Too many requests: come back in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
    extensions: { retryAfterMs: Math.ceil(waitMs) },
  });
}
