/** Who reports before whom, where the order of reports counts: requests that wait, one a client, unread. */
import { Refusal } from '../protocol/problem.js';

interface Turn {
  readonly round: number;
  readonly go: () => void;
  readonly giveUp: (why: Refusal) => void;
}

/** The requests that wait for their turn. */
export interface Turns {
  /**
   * Settles when it is the client's turn, or nobody waits for the round any more.
   *
   * @param signal aborts when the request is gone
   * @throws {Refusal} `timeout` when it is gone, `unavailable` when a newer request of the client waits in its place.
   */
  wait(clientIndex: number, round: number, signal: AbortSignal): Promise<void>;
  /** Lets those go whose turn it is by now. */
  look(): void;
  /** Lets all go. */
  end(): void;
  /** How many wait. */
  readonly waiting: number;
}

/** @param isTurn whether a client may report now */
export function createTurns(isTurn: (clientIndex: number, round: number) => boolean): Turns {
  const turns = new Map<number, Turn>();
  return {
    wait(clientIndex, round, signal) {
      turns.get(clientIndex)?.giveUp(new Refusal('unavailable', 'this update is being sent again'));
      return new Promise((resolve, reject) => {
        const leave = () => {
          signal.removeEventListener('abort', onGone);
          if (turns.get(clientIndex) === turn) turns.delete(clientIndex);
        };
        const turn: Turn = {
          round,
          go() {
            leave();
            resolve();
          },
          giveUp(why) {
            leave();
            reject(why);
          },
        };
        const onGone = () => turn.giveUp(new Refusal('timeout', 'the client left while it waited to send'));
        turns.set(clientIndex, turn);
        signal.addEventListener('abort', onGone);
        if (signal.aborted) onGone();
      });
    },
    look() {
      for (const [clientIndex, { round, go }] of [...turns]) if (isTurn(clientIndex, round)) go();
    },
    end() {
      for (const { go } of [...turns.values()]) go();
    },
    get waiting() {
      return turns.size;
    },
  };
}
