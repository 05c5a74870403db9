/** What clients are told of a run: the part of its tasks that stays the same. */
import { graphHash } from '../learn/graph-hash.js';
import type { TaskDefinition } from '../protocol/messages.js';
import type { ServedRun as ServedSettings } from '../settings/served-options.js';
import { vocabularyName } from '../settings/vocabulary-name.js';
import { sha256 } from '../store/run-directory.js';
import type { ServedModel } from './served-model.js';

/** Names of more classes are not sent with every task. */
const MOST_CLASS_NAMES = 256;

/** @param graph where clients fetch the model, where it came from a file */
export async function definitionOf(
  runId: string,
  options: ServedSettings,
  { model, data, trainer, file, text }: ServedModel,
  graph: TaskDefinition['model']['graph'],
): Promise<TaskDefinition> {
  const { title, description, reports, minimumClients = 1 } = options;
  const { task, featureShape, classNames } = data;
  const isNamed = task === 'classification' && classNames.length <= MOST_CLASS_NAMES;
  const vocabulary = text && vocabularyName(text.vocabulary, options.vocabulary);
  return {
    ...{ runId, title, description, reports },
    model: {
      name: file?.name ?? options.model,
      graphSha256: await graphHash(model, sha256),
      ...(graph ? { graph, loss: model.loss } : {}),
      parameterCount: trainer.layout.size,
    },
    data: {
      ...{ task, featureShape },
      classCount: classNames.length,
      ...(isNamed ? { classNames } : {}),
      ...(vocabulary === undefined ? {} : { vocabulary }),
    },
    privacy: { minimumCohort: minimumClients, differentialPrivacy: false, secureAggregation: false },
  };
}
