/** What a person is told of a participant, in one sentence. */
import type { ParticipantState } from '../../../../src/browser/participant-state.js';
import { RefusedError } from '../../../../src/client/api.js';
import { formatCount, formatPlural } from '../../../../src/format.js';
import { plain } from '../../../../src/plain-text.js';
import type { Kind } from './kinds.js';

const NOUNS = { draw: 'drawing', write: 'text' } as const;

const PENDING = 'An operator has to approve this device. It waits, and goes on by itself.';
const STARTING = 'Asking the server to let this device in …';

/** "3 drawings", "1 text". */
export function countOf(kind: Kind, count: number): string {
  return formatPlural(count, NOUNS[kind]);
}

/** What the state alone does not say. */
export interface Around {
  /** How many examples are kept. */
  readonly count: number;
  /** Whether the run has ended. */
  readonly isOver: boolean;
  /** Whether the switch is on: it is before the participant is. */
  readonly isOn: boolean;
  /** Whether an operator has to approve the device first. */
  readonly isPending: boolean;
}

/** What goes on. */
export function statusSentence(
  kind: Kind,
  state: ParticipantState,
  { count, isOver, isOn, isPending }: Around,
): string {
  const { status, sentence, progress, round } = state;
  const waits: readonly ParticipantState['status'][] = ['pending', 'waiting', 'not-eligible'];
  if (isPending && waits.includes(status)) return PENDING;
  switch (status) {
    case 'off':
      if (isOn) return STARTING;
      return count === 0
        ? `Off. Keep a ${NOUNS[kind]} first, then switch on to let the model learn from it.`
        : 'Off. Nothing is trained, and nothing about your examples is sent.';
    case 'starting':
      return STARTING;
    case 'pending':
      return PENDING;
    case 'waiting':
      if (isOver) return 'On. This run has ended; it goes on with the next one.';
      return count === 0 ? needsOne(kind) : 'Taking part: waiting for the next round.';
    case 'not-eligible':
      return count === 0 ? needsOne(kind) : plain(sentence);
    case 'working': {
      const place = round === null ? '' : `Round ${formatCount(round)}: `;
      const phase = {
        downloading: 'getting the model',
        training: `training on ${countOf(kind, state.exampleCount ?? count)}, here on this device`,
        evaluating: 'trying the model on examples that were held back',
        uploading: 'sending what training changed',
      };
      return `${place}${progress ? phase[progress.phase] : 'working'} …`;
    }
    case 'paused':
      return 'Paused. Nothing is trained and nothing is sent until you go on.';
    case 'elsewhere':
    case 'retrying':
    case 'left':
    case 'failed':
      return plain(sentence);
    default:
      return status satisfies never;
  }
}

function needsOne(kind: Kind): string {
  return `On. It takes part as soon as there is a ${NOUNS[kind]} to learn from.`;
}

/** What went wrong, with what to do where that is known. */
export function sentenceOf(error: unknown): string {
  if (error instanceof RefusedError && error.problem === 'wrong-invitation') {
    return 'This server lets in only who has a valid invitation: ask its operator for one, and put it in below.';
  }
  if (error instanceof RefusedError && error.problem === 'revoked') {
    return 'An operator has shut this device out. Leave and forget, below, deletes what is kept here.';
  }
  const message = plain(error instanceof Error ? error.message : String(error));
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
