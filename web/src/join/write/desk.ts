/** All that the writing tab knows: what is typed, what may come next, what is kept. */
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createTextStore, type KeptText } from '../../../../src/browser/text-store.js';
import type { Offer } from '../../../../src/protocol/messages.js';
import { createJoiner, type Joiner } from '../state/joiner.js';
import { newestOnly } from '../state/newest-only.js';
import { sentenceOf } from '../state/sentences.js';
import { type Choice, choicesFor } from './insert.js';

/** What is suggested after one text by the model of one round. */
interface SuggestedAt {
  /** How many rounds this page has seen; a suggestion does not say its model's. */
  readonly round: number;
  readonly labels: readonly string[];
}

export interface WritingDesk {
  readonly joiner: Joiner;
  readonly text: Signal<string>;
  readonly choices: ReadonlySignal<readonly Choice[]>;
  /** The same text, and what each round's model suggested after it: the newest last. */
  readonly track: ReadonlySignal<readonly SuggestedAt[]>;
  readonly kept: ReadonlySignal<readonly KeptText[]>;
  readonly trouble: ReadonlySignal<string | undefined>;
  choose(offer: Offer | undefined): void;
  /** A newer global model may be there: that of `round`. */
  lookAgain(round: number): void;
  /** Keeps what is typed, to learn from. */
  keep(): Promise<void>;
  remove(text: number): Promise<void>;
}

/** Models read no further back. */
const READ_CHARACTERS = 400;
/** Longer histories begin later. */
const SHOWN = 6;

export function createWritingDesk(): WritingDesk {
  const joiner = createJoiner('write');
  const store = createTextStore('join-write');
  const text = signal('');
  const choices = signal<readonly Choice[]>([]);
  const track = signal<readonly SuggestedAt[]>([]);
  const kept = signal<readonly KeptText[]>([]);
  const trouble = signal<string | undefined>();
  const runId = signal<string | undefined>();
  let round = 0;

  const fail = (error: unknown) => {
    trouble.value = sentenceOf(error);
  };
  const suggest = newestOnly(async (typed: string) => {
    const run = runId.peek();
    if (run === undefined) return;
    const asked = round;
    const participant = await joiner.participant();
    const suggested = await participant.suggest(run, typed.slice(-READ_CHARACTERS));
    trouble.value = undefined;
    if (typed !== text.peek() || run !== runId.peek()) return;
    choices.value = choicesFor(typed, suggested);
    const labels = choices.value.map(({ label }) => label);
    const others = track.peek().filter((each) => each.round !== asked);
    track.value = [...others, { round: asked, labels }].slice(-SHOWN);
  }, fail);
  const load = newestOnly<undefined>(async () => {
    kept.value = await store.entries();
  }, fail);
  effect(() => {
    const typed = text.value;
    track.value = [];
    if (runId.value !== undefined) suggest(typed);
  });
  store.subscribe(() => load(undefined));
  load(undefined);

  return {
    ...{ joiner, text, choices, track, kept, trouble },
    choose(offer) {
      const run = offer?.definition.runId;
      if (run !== runId.peek()) [choices.value, track.value] = [[], []];
      round = offer?.round ?? 0;
      runId.value = run;
      joiner.choose({ runId: run, examples: store });
    },
    lookAgain(newest) {
      if (newest === round) return;
      round = newest;
      suggest(text.peek());
    },
    async keep() {
      const typed = text.peek().trim();
      if (typed === '') return;
      await store.add(typed);
      text.value = '';
    },
    remove: (id) => store.remove(id),
  };
}
