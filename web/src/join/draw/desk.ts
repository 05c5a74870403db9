/** All that the drawing tab knows: what is on the pad, what is kept, and what the newest model reads in both. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  createExampleStore,
  type ExampleStore,
  type KeptExample,
} from '../../../../src/browser/example-store.js';
import type { Offer, TaskDefinition } from '../../../../src/protocol/messages.js';
import { createJoiner, type Joiner } from '../state/joiner.js';
import { classNamesOf } from '../state/kinds.js';
import { newestOnly } from '../state/newest-only.js';
import { sentenceOf } from '../state/sentences.js';
import { bestOf, type Reading, type Score, withReading, withScore } from './reading.js';
import { pictureOf, type Stroke } from './strokes.js';

/** So many kept drawings, the newest, are read anew with each model. */
const READ_AGAIN = 60;

/** What a server that tells only its clients will most likely have. */
const DIGITS = {
  featureShape: [1, 28, 28],
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
};

/** A drawing that is followed over rounds: that on the pad, or else the last one kept. */
interface Watched {
  readonly picture: Float32Array;
  /** What its person says it is; null: has not said yet. */
  readonly label: number | null;
  readonly isOnPad: boolean;
}

export interface Desk {
  readonly joiner: Joiner;
  readonly strokes: Signal<readonly Stroke[]>;
  readonly label: Signal<number | null>;
  readonly classNames: ReadonlySignal<readonly string[]>;
  readonly picture: ReadonlySignal<Float32Array<ArrayBuffer> | null>;
  readonly kept: ReadonlySignal<readonly KeptExample[]>;
  /** By the number of a kept drawing: which class the newest model reads. */
  readonly readings: ReadonlySignal<ReadonlyMap<number, number>>;
  readonly scores: ReadonlySignal<readonly Score[]>;
  readonly watched: ReadonlySignal<Watched | null>;
  /** What models of several rounds read in it, the newest last. */
  readonly track: ReadonlySignal<readonly Reading[]>;
  /** Why there is no guess; undefined: nothing is wrong. */
  readonly trouble: ReadonlySignal<string | undefined>;
  /** The run to draw for, or undefined where it is not known yet. */
  choose(offer: Offer | undefined): void;
  /** A newer global model may be there. */
  lookAgain(): void;
  /** Keeps what is on the pad, under its label. */
  keep(): Promise<void>;
  remove(example: number): Promise<void>;
}

export function createDesk(): Desk {
  const joiner = createJoiner('draw');
  const strokes = signal<readonly Stroke[]>([]);
  const label = signal<number | null>(null);
  const store = signal<ExampleStore | undefined>();
  const runId = signal<string | undefined>();
  const kept = signal<readonly KeptExample[]>([]);
  const readings = signal<ReadonlyMap<number, number>>(new Map());
  const scores = signal<readonly Score[]>([]);
  const track = signal<readonly Reading[]>([]);
  const trouble = signal<string | undefined>();
  const classNames = computed(() => store.value?.classNames ?? DIGITS.classNames);
  const picture = computed(() => pictureOf(strokes.value));
  const watched = computed((): Watched | null => {
    const onPad = picture.value;
    if (onPad) return { picture: onPad, label: label.value, isOnPad: true };
    const last = kept.value.at(-1);
    return last ? { picture: last.features, label: last.label, isOnPad: false } : null;
  });
  /** The drawing alone: what it is called does not matter to a model. */
  const seen = computed(() => watched.value?.picture ?? null);

  const read = async (features: Float32Array): Promise<Reading | undefined> => {
    const run = runId.peek();
    if (run === undefined) return undefined;
    const { round, probabilities } = await (await joiner.participant()).predict(run, features);
    trouble.value = undefined;
    return run === runId.peek() ? { round, probabilities } : undefined;
  };
  const fail = (error: unknown) => {
    trouble.value = sentenceOf(error);
  };
  const readSeen = newestOnly(async (drawing: Float32Array) => {
    const reading = await read(drawing);
    if (reading && drawing === seen.peek()) track.value = withReading(track.peek(), reading);
  }, fail);
  const readKept = newestOnly(async (drawings: readonly KeptExample[]) => {
    const found = new Map<number, number>();
    let round = -1;
    for (const { id, features } of drawings) {
      const reading = await read(features);
      if (!reading) return;
      found.set(id, bestOf(reading).label);
      round = reading.round;
    }
    const right = drawings.filter((each) => found.get(each.id) === each.label).length;
    readings.value = found;
    if (drawings.length > 0) scores.value = withScore(scores.peek(), { round, right, of: drawings.length });
  }, fail);
  const readAllKept = () => readKept(kept.peek().slice(-READ_AGAIN));

  let before: Float32Array | null = null;
  effect(() => {
    const drawing = seen.value;
    if (drawing !== before) track.value = [];
    before = drawing;
    if (drawing && runId.value !== undefined) readSeen(drawing);
  });
  let stopHearing = () => {};
  const load = newestOnly(async (from: ExampleStore) => {
    const entries = await from.entries();
    // The same drawing stays the same object: what has been read in it stays, too.
    const known = new Map(kept.peek().map((each) => [each.id, each]));
    if (from === store.peek()) kept.value = entries.map((entry) => known.get(entry.id) ?? entry);
    if (entries.length > 0) readAllKept();
  }, fail);

  return {
    ...{ joiner, strokes, label, classNames, picture, kept, readings, scores, watched, track, trouble },
    choose(offer) {
      const about = offer ? aboutOf(offer.definition) : DIGITS;
      const name = storeName(about);
      if (store.peek()?.name !== name) {
        stopHearing();
        kept.value = [];
        const opened = createExampleStore(name, about);
        store.value = opened;
        stopHearing = opened.subscribe(() => load(opened));
        load(opened);
      }
      const run = offer?.definition.runId;
      if (run !== runId.peek()) [track.value, scores.value, readings.value] = [[], [], new Map()];
      runId.value = run;
      const examples = store.peek();
      if (examples) joiner.choose({ runId: run, examples });
    },
    lookAgain() {
      const drawing = seen.peek();
      if (drawing) readSeen(drawing);
      if (kept.peek().length > 0) readAllKept();
    },
    async keep() {
      const [features, of] = [picture.peek(), label.peek()];
      if (!features || of === null) return;
      const id = await store.peek()?.add(features, of);
      batch(() => {
        if (id !== undefined && !kept.peek().some((each) => each.id === id))
          kept.value = [...kept.peek(), { id, features, label: of }];
        strokes.value = [];
      });
    },
    async remove(example) {
      await store.peek()?.remove(example);
    },
  };
}

function aboutOf({ data }: TaskDefinition) {
  return { featureShape: data.featureShape, classNames: classNamesOf(data) };
}

/** Pictures of other classes are other collections. */
function storeName(about: ReturnType<typeof aboutOf>): string {
  const text = JSON.stringify(about);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return `join-draw-${hash.toString(36)}`;
}
