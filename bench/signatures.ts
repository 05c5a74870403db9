/** What signed requests cost: CPU microseconds to sign and to verify one, and the bytes that one is remembered in. */
import { jsonOf, median, numberAfter, say, tableText } from './child.js';

const REPEATS = 9;
const REQUESTS = 1000;

/** The most that a whole verification may take, and all of it beside Ed25519 itself, in CPU microseconds. */
const MOST = 150;
const MOST_BESIDE = 60;

const LINES = {
  signing: 'sign a request',
  ed25519Sign: '  of that Ed25519',
  verifying: 'verify a request',
  ed25519Verify: '  of that Ed25519',
  parsing: '  of that reading the signature',
  library: '(two fields by a parser for all structured fields)',
  checkingBody: 'check the digest of a short body',
} as const;

interface Measured {
  readonly times: readonly Readonly<Record<keyof typeof LINES, number>>[];
  readonly memory: { readonly one: number; readonly hundred: number };
}

/** Options: `--repeats <n>` (default 9), `--requests <n>` each (default 1000). */
export async function benchSignatures(words: readonly string[]): Promise<void> {
  const repeats = numberAfter(words, '--repeats', REPEATS);
  const requests = numberAfter(words, '--requests', REQUESTS);
  const { times, memory } = await jsonOf<Measured>(process.execPath, [
    '--expose-gc',
    'bench/signatures-loop.mjs',
    ...[String(repeats), String(requests)],
  ]);
  const of = (name: keyof typeof LINES) => times.map((measured) => measured[name]);
  const rows = Object.entries(LINES).map(([name, line]) => {
    const values = of(name as keyof typeof LINES);
    return [line, median(values).toFixed(1), Math.min(...values).toFixed(1)];
  });
  say(tableText([['CPU microseconds', 'median', 'least'], ...rows]));
  const beside = median(times.map(({ verifying, ed25519Verify }) => verifying - ed25519Verify));
  verdict('verify a request', median(of('verifying')), MOST);
  verdict('beside Ed25519', beside, MOST_BESIDE);
  const [many, one] = [memory.hundred.toFixed(0), memory.one.toFixed(0)];
  say(`\na nonce is remembered in ${many} bytes where a key has used a hundred, in ${one} where one`);
}

function verdict(what: string, us: number, most: number): void {
  say(`${what}: ${us.toFixed(1)} us, at most ${most}: ${us <= most ? 'met' : 'MISSED'}`);
}
