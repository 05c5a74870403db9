/** Guesses of the newest global models: each is fetched when it is first asked for, and again when there is a newer one. */
import { type Api, RefusedError } from '../client/api.js';
import { fetchBlob } from '../client/blobs.js';
import type { ModelCache } from '../client/model-cache.js';
import { createSuggester, type Suggester, type Suggestions } from '../client/suggest.js';
import { createTrainers } from '../client/trainers.js';
import { ConfigError, ShapeError } from '../errors.js';
import { modelParameters } from '../learn/compile.js';
import type { Engine } from '../learn/engine.js';
import { createPredictor, type Predictor } from '../learn/predictor.js';
import type { Offer } from '../protocol/messages.js';
import type { Newest, NewestModels } from './newest-models.js';
import type { Prediction } from './talk.js';
import { vocabularyOf } from './text-data.js';

/** How old word of the newest model may be, in milliseconds. */
const FRESH_MS = 4_000;

/** What guesses need. */
export interface GuessContext {
  readonly api: Api;
  readonly models: ModelCache;
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  engine(): Promise<Engine>;
  /** What tasks and offers have told of the newest models. */
  readonly newest: NewestModels;
  /** Asks anew what is offered, and tells `newest`. */
  offers(): Promise<readonly Offer[]>;
  now(): number;
  /** What the person has typed: where models know buckets of words, the words to suggest. */
  typed(): Promise<string>;
}

export interface Guesses {
  predict(runId: string, features: Float32Array): Promise<Prediction>;
  suggest(runId: string, text: string): Promise<Suggestions>;
}

interface Ready extends Newest {
  readonly predictor: Predictor;
  suggester?: Suggester;
}

/** No model is fetched before somebody asks for a guess. */
export function createGuesses(context: GuessContext): Guesses {
  const { api, models, sha256, engine, now } = context;
  const { newest: known } = context;
  const ready = new Map<string, Promise<Ready>>();
  const trainers = createTrainers(
    { engine: async () => ({ engine: await engine(), kind: 'wasm' }), sha256 },
    undefined,
    () => false,
  );
  /** Models that cannot be had any more. */
  const gone = new Set<string>();
  let looking: Promise<unknown> | undefined;

  const lookOnce = () => {
    looking ??= context.offers().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const make = async (newest: Newest, before: Promise<Ready> | undefined): Promise<Ready> => {
    const { definition, params } = newest;
    const model = await trainers.modelOf(definition, api);
    if (!model)
      throw new ConfigError(`the run ${definition.runId} must have a model that runs here, got none`);
    const { layout } = modelParameters(model);
    const { values } = await models.get(params.sha256, layout, () => fetchBlob({ api, sha256 }, params));
    const predictor = await createPredictor(await engine(), model, values);
    void before?.then(({ predictor: old }) => old.release()).catch(() => {});
    return { ...newest, predictor };
  };
  const readyFor = async (runId: string): Promise<Ready> => {
    const stale = now() - known.heardAt > FRESH_MS;
    // What is known already is good enough for now: the next guess has the newer one.
    if (!known.get(runId)) await lookOnce();
    else if (stale) lookOnce().catch(() => {});
    const newest = known.get(runId);
    if (!newest) throw new ConfigError(`run must be one that the server offers, got "${runId}"`);
    const before = ready.get(runId);
    const current = await before?.catch(() => undefined);
    const { sha256: wanted } = newest.params;
    if (current && (current.params.sha256 === wanted || gone.has(wanted))) return current;
    if (ready.get(runId) !== before) return readyFor(runId);
    const made = make(newest, before).catch((error: unknown) => {
      // The server has given it up, as where the run is over: what is here is the newest that there is.
      if (current && error instanceof RefusedError && error.problem === 'not-found') {
        gone.add(wanted);
        return current;
      }
      throw error;
    });
    ready.set(runId, made);
    made.catch(() => ready.delete(runId));
    return made;
  };

  const predict = async (runId: string, features: Float32Array): Promise<Prediction> => {
    const { predictor, definition, round } = await readyFor(runId);
    if (definition.data.task === 'next-token') {
      throw new ShapeError(`predict must be asked of a run with classes or numbers, got ${runId}, of text`);
    }
    const outputs = await predictor.predict(features);
    const classes = definition.data.task === 'classification';
    return { round, outputs, probabilities: classes ? softmax(outputs) : new Float32Array() };
  };
  const suggest = async (runId: string, text: string): Promise<Suggestions> => {
    const found = await readyFor(runId);
    const vocabulary = await vocabularyOf(found.definition.data);
    found.suggester ??= createSuggester(found.predictor, vocabulary, { typed: await context.typed() });
    return found.suggester.suggest(text);
  };
  // Calls of a predictor never overlap.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  return {
    predict: (runId, features) => inTurn(() => predict(runId, features)),
    suggest: (runId, text) => inTurn(() => suggest(runId, text)),
  };
}

function softmax(outputs: Float32Array): Float32Array {
  const largest = outputs.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  const weights = outputs.map((output) => Math.exp(output - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
