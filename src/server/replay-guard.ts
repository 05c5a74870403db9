/**
 * Remembers which requests have been seen, so that none counts twice.
 *
 * A request is known by its key and nonce. It is remembered in the newer of two generations; a generation spans the
 * whole window of times of making that are accepted, and the next begins with the first request that was made after
 * it. So when a third one begins, nothing of the first would be accepted any more, and it is dropped. From then on
 * whatever was made before the second is refused, whatever a clock says: what has been forgotten can never be taken
 * for new.
 *
 * Memory is bounded. At the bound new requests are refused until a generation is dropped: forgetting early would
 * open the door to replays. One key can fill only its own share, so that it locks out nobody but itself.
 */
import { Refusal } from '../protocol/problem.js';

/** A memory of nonces that were used. */
export interface ReplayGuard {
  /** Of requests made before this time (ms since 1970) nothing is remembered: they must be refused. */
  readonly floorMs: number;
  /** How many requests are remembered. */
  readonly size: number;
  /**
   * Remembers a request that is otherwise accepted.
   *
   * @param createdMs when it was made, by its client; at least `floorMs`
   * @throws {Refusal} 'replayed' when it was seen before; 'too-many-requests' or 'unavailable' at a bound.
   */
  admit(keyId: string, nonce: Uint8Array, createdMs: number): void;
}

/** What a guard needs to know. */
export interface ReplayGuardOptions {
  /** How far the times of requests that are accepted at one moment lie apart, at most. */
  readonly windowMs: number;
  /** What was made before (ms since 1970) is unknown to this guard. */
  readonly floorMs: number;
  /** Bounds the memory: about 60 bytes each and 160 more a key (`npm run bench -- signatures`). */
  readonly maxNonces: number;
  readonly maxNoncesPerKey: number;
}

interface Generation {
  readonly index: number;
  readonly noncesOfKey: Map<string, Set<string>>;
  size: number;
}

/** A guard that has seen nothing yet. */
export function createReplayGuard(options: ReplayGuardOptions): ReplayGuard {
  const { windowMs, maxNonces, maxNoncesPerKey } = options;
  let { floorMs } = options;
  let older = emptyGeneration(-1);
  let newer = emptyGeneration(0);

  const moveTo = (index: number) => {
    older = index === newer.index + 1 ? newer : emptyGeneration(index - 1);
    newer = emptyGeneration(index);
    floorMs = Math.max(floorMs, older.index * windowMs);
  };

  return {
    get floorMs() {
      return floorMs;
    },
    get size() {
      return older.size + newer.size;
    },
    admit(keyId, nonce, createdMs) {
      const index = Math.floor(createdMs / windowMs);
      if (index > newer.index) moveTo(index);
      // A string of its own: a slice of the header would keep the whole header in memory.
      const text = String.fromCharCode(...nonce);
      const before = older.noncesOfKey.get(keyId);
      const since = newer.noncesOfKey.get(keyId);
      if (before?.has(text) || since?.has(text)) {
        throw new Refusal(
          'replayed',
          'this request has been seen before: every request needs a nonce of its own',
        );
      }
      const retryAfter = String(Math.ceil(((newer.index + 1) * windowMs - createdMs) / 1000));
      if ((before?.size ?? 0) + (since?.size ?? 0) >= maxNoncesPerKey) {
        throw new Refusal(
          'too-many-requests',
          `a client may make ${maxNoncesPerKey} requests in ${windowMs / 1000} s`,
          { headers: { 'retry-after': retryAfter } },
        );
      }
      if (older.size + newer.size >= maxNonces) {
        throw new Refusal(
          'unavailable',
          `the server remembers ${maxNonces} requests to refuse their replay and takes no more for now`,
          { headers: { 'retry-after': retryAfter } },
        );
      }
      remember(newer, keyId, text);
    },
  };
}

function emptyGeneration(index: number): Generation {
  return { index, noncesOfKey: new Map(), size: 0 };
}

function remember(generation: Generation, keyId: string, nonce: string): void {
  const nonces = generation.noncesOfKey.get(keyId);
  if (nonces) nonces.add(nonce);
  else generation.noncesOfKey.set(keyId, new Set([nonce]));
  generation.size++;
}
