/** How clients are told which vocabulary a model has, where they have it too. */
import type { Vocabulary } from '../data/vocabulary.js';
import type { VocabularyName } from '../protocol/messages.js';

/**
 * The name of a vocabulary; undefined where it is a list of the user's own.
 *
 * @param setting the setting `vocabulary` that it came from
 */
export function vocabularyName(
  { type, names, firstPredicted }: Vocabulary,
  setting: string | undefined,
): VocabularyName | undefined {
  switch (type) {
    case 'chars':
      return 'chars';
    case 'hashed-words':
      return { hashed: names.length - firstPredicted };
    case 'words':
      return setting === undefined ? 'words' : undefined;
    default:
      return type satisfies never;
  }
}
