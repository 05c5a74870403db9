/** From what a page hands over to what a client trains on. */
import type { ClientData } from '../client/rounds.js';
import { featureLength, labelLength } from '../data/dataset.js';
import { ShapeError } from '../errors.js';
import type { BrowserExamples, TextExamples } from './examples.js';
import { divide } from './held-out.js';

/**
 * @param heldOutFraction of what is not divided yet
 * @throws {ConfigError}, {ProtocolError} or {ShapeError} when they are no examples.
 */
export async function clientDataOf(given: BrowserExamples, heldOutFraction: number): Promise<ClientData> {
  if ('train' in given) return given;
  if ('texts' in given) {
    const [{ textData }, texts] = await Promise.all([import('./text-data.js'), readTexts(given)]);
    return textData(texts, heldOutFraction);
  }
  if ('csv' in given) {
    const { parseCsv } = await import('../data/csv.js');
    return divide(parseCsv(await given.csv.text(), given.options), heldOutFraction);
  }
  const wanted = given.count * featureLength(given);
  if (given.features.length !== wanted || given.labels.length !== given.count * labelLength(given)) {
    throw new ShapeError(
      `examples must have ${wanted} features and a label each for ${given.count} examples, got ${given.features.length} and ${given.labels.length}`,
    );
  }
  return divide(given, heldOutFraction);
}

/** All texts, also those of files. */
export async function readTexts({ texts }: TextExamples): Promise<string[]> {
  return Promise.all(texts.map((text) => (typeof text === 'string' ? text : text.text())));
}
