/** How much a client may do at once: connections that it holds open are the server's too. */
import { Refusal } from '../protocol/problem.js';

/**
 * Counts what clients are doing.
 *
 * @param most of one client at once; 1 or more
 * @param what is counted, for the sentence
 * @returns a function that lets a client in, and returns the one that lets it out again, once
 * @throws {Refusal} `too-many-requests` with `retry-after`: the function, for one too many.
 */
export function createTurnstile(most: number, what: string): (clientIndex: number) => () => void {
  const inside = new Map<number, number>();
  return (clientIndex) => {
    const count = inside.get(clientIndex) ?? 0;
    if (count >= most) {
      throw new Refusal('too-many-requests', `a client may make ${most} ${what} at once`, {
        headers: { 'retry-after': '1' },
      });
    }
    inside.set(clientIndex, count + 1);
    return () => {
      const left = (inside.get(clientIndex) ?? 1) - 1;
      if (left === 0) inside.delete(clientIndex);
      else inside.set(clientIndex, left);
    };
  };
}
