/**
 * The only source of randomness. Seeded streams for simulation, partition and initial parameters: the same
 * seed and labels give the same numbers on every machine. Not for privacy or keys.
 */
import { ConfigError } from './errors.js';

/** A stream of seeded random numbers; every call moves it on. */
export interface Random {
  /** Uniform on the integers 0 to 2^32 - 1. */
  uint32(): number;
  /** Uniform on [0, 1), 53 bits. */
  float(): number;
  /** Uniform on the integers 0 to `below` - 1, without bias; `below` is 1 to 2^32. */
  integer(below: number): number;
  /** Standard normal: mean 0, standard deviation 1. */
  normal(): number;
  /** Gamma with shape `alpha` > 0 and scale 1. */
  gamma(alpha: number): number;
  /** Shuffles in place, every order equally likely. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * A stream that depends on `seed` and on every label, so that what is random in one place (a client, a round)
 * never shifts what is random in another.
 *
 * @param seed a safe integer
 * @throws {ConfigError} when the seed is not a safe integer.
 */
export function seededRandom(seed: number, ...labels: readonly (string | number)[]): Random {
  if (!Number.isSafeInteger(seed)) throw new ConfigError(`seed must be an integer, got ${seed}`);
  const [a, b, c, d] = hash128(JSON.stringify([seed, ...labels]));
  return streamOf(sfc32(a, b, c, d));
}

function streamOf(uint32: () => number): Random {
  const float = () => (uint32() * 2 ** 21 + (uint32() >>> 11)) / 2 ** 53;
  const integer = (below: number) => {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new ConfigError(`below must be an integer from 1 to 2^32, got ${below}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % below);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % below;
  };
  const normal = () => {
    for (;;) {
      const x = 2 * float() - 1;
      const y = 2 * float() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
    }
  };
  const gamma = (alpha: number): number => {
    if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
      throw new ConfigError(`alpha must be a positive finite number, got ${alpha}`);
    }
    if (alpha < 1) return gamma(alpha + 1) * (1 - float()) ** (1 / alpha);
    return marsagliaTsang(alpha, normal, float);
  };
  const shuffle = <T extends { length: number; [index: number]: unknown }>(items: T): T => {
    for (let last = items.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      const kept = items[last];
      items[last] = items[other];
      items[other] = kept;
    }
    return items;
  };
  return { uint32, float, integer, normal, gamma, shuffle };
}

/** Marsaglia and Tsang (2000), "A simple method for generating gamma variables"; alpha >= 1. */
function marsagliaTsang(alpha: number, normal: () => number, float: () => number): number {
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - float()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Chris Doty-Humphrey's sfc32 (PractRand): 128 bits of state, passes BigCrush. */
function sfc32(a0: number, b0: number, c0: number, d0: number): () => number {
  let [a, b, c, d] = [a0 | 0, b0 | 0, c0 | 0, d0 | 0];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let warmUp = 0; warmUp < 15; warmUp++) next();
  return next;
}

/** Four 32-bit words that depend on every character (bryc's cyrb128). */
function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let index = 0; index < text.length; index++) {
    const k = text.charCodeAt(index);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  h1 ^= h2 ^ h3 ^ h4;
  return [h1 >>> 0, (h2 ^ h1) >>> 0, (h3 ^ h1) >>> 0, (h4 ^ h1) >>> 0];
}
