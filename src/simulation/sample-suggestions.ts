/** What a run's final model suggests after a few texts that nobody's data is in: for people to look at. */
import { createSuggester } from '../client/suggest.js';
import type { Dataset } from '../data/dataset.js';
import type { Vocabulary } from '../data/vocabulary.js';
import { chooseEngine } from '../engine/onnx-runtime.js';
import { createPredictor } from '../learn/predictor.js';
import type { SuggestionsSampled } from '../round/run-events.js';
import type { ResolvedOptions } from '../settings/simulation-options.js';
import { loadModel } from '../trainers/load-model.js';

/** Written here, so that no one's text gets into the log. */
const PROMPTS: Readonly<Record<'chars' | 'words', readonly string[]>> = {
  chars: ['the ', 'I wil', 'what is t', 'Good mor'],
  words: ['', 'i', 'how are', 'thank you', 'do you want to', 'i will be there in a'],
};

/**
 * Suggestions after a few texts; undefined where none can be made: for a trainer of the user's own, and for
 * hashed words, which only those can name who have typed them.
 */
export async function sampleSuggestions(
  { model: name, engine: kind, trainer }: ResolvedOptions,
  dataset: Dataset,
  vocabulary: Vocabulary,
  params: Float32Array,
): Promise<SuggestionsSampled | undefined> {
  if (trainer || vocabulary.type === 'hashed-words') return undefined;
  const { engine } = await chooseEngine(kind === undefined ? {} : { kind });
  const predictor = await createPredictor(engine, await loadModel(name, dataset), params);
  try {
    const suggester = createSuggester(predictor, vocabulary);
    const samples: SuggestionsSampled['samples'][number][] = [];
    for (const text of PROMPTS[vocabulary.type]) samples.push({ text, ...(await suggester.suggest(text)) });
    return { type: 'suggestions-sampled', samples };
  } finally {
    await predictor.release();
  }
}
