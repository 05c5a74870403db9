/** Text as a client's data: counted by texts, and cut into tokens as the task at hand says. */
import type { ClientData } from '../client/rounds.js';
import type { Dataset, Examples } from '../data/dataset.js';
import { datasetOfTexts } from '../data/text-dataset.js';
import { characterVocabulary, hashedVocabulary, type Vocabulary } from '../data/vocabulary.js';
import { englishVocabulary } from '../data/word-list.js';
import { ConfigError } from '../errors.js';
import type { TaskDefinition, VocabularyName } from '../protocol/messages.js';
import { isHeldOut } from './held-out.js';

/** Texts, oldest first, of which a part is held out. */
export function textData(texts: readonly string[], fraction: number): ClientData {
  const train = texts.filter((_, index) => !isHeldOut(index, fraction));
  const heldOut = texts.filter((_, index) => isHeldOut(index, fraction));
  return {
    ...{ train: counted(train.length), heldOut: counted(heldOut.length) },
    async forTask({ data }) {
      if (data.task !== 'next-token') {
        throw new ConfigError(`the data must be for ${data.task} as the task is, got text`);
      }
      const vocabulary = await vocabularyOf(data);
      const [sequenceLength = 0] = data.featureShape;
      const tokens = (some: readonly string[]): Examples => {
        const { dataset } = datasetOfTexts([{ texts: some }], {
          name: 'the text',
          vocabulary,
          sequenceLength,
        });
        return { dataset, indices: Uint32Array.from({ length: dataset.count }, (_, index) => index) };
      };
      return { train: tokens(train), ...(heldOut.length === 0 ? {} : { heldOut: tokens(heldOut) }) };
    },
  };
}

/**
 * The vocabulary of a task of text.
 *
 * @throws {ConfigError} when the task names none that everybody has.
 */
export async function vocabularyOf({ vocabulary }: TaskDefinition['data']): Promise<Vocabulary> {
  if (vocabulary === undefined) {
    throw new ConfigError('the task must name its vocabulary, so that text can become tokens, got none');
  }
  return named(vocabulary);
}

async function named(name: VocabularyName): Promise<Vocabulary> {
  if (typeof name === 'object') return hashedVocabulary(name.hashed);
  if (name === 'chars') return characterVocabulary();
  if (name === 'words') return englishVocabulary();
  throw new ConfigError(`the task's vocabulary must be chars, words or hashed, got ${JSON.stringify(name)}`);
}

/** So many texts, of which only the number matters. */
function counted(count: number): Examples {
  const dataset: Dataset = {
    ...{ name: 'text', task: 'next-token', count, featureShape: [1], classNames: [] },
    ...{ features: new Float32Array(), labels: new Float32Array() },
  };
  return { dataset, indices: new Uint32Array(count) };
}
