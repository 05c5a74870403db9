/** What the element tells before anybody switches it on: what is learned, what leaves, how it is protected. */
import { describeProtection, describeUse, type Protection } from '../../client/protection.js';
import { formatBytes } from '../../format.js';
import { plain } from '../../plain-text.js';
import type { TaskDefinition } from '../../protocol/messages.js';

/** More names than this are a count. */
const MAX_NAMES = 12;
const BYTES_PER_PARAMETER = 4;

/** @param definition null where the server tells only those who take part */
export function whatIsLearned(definition: TaskDefinition | null): string {
  if (!definition) return 'A model learns from the examples of many devices, each of which keeps its own.';
  const { title, description, data } = definition;
  const said = description === '' || description === title ? '' : ` ${plain(description)}`;
  return `"${plain(title)}": a model learns ${aim(data)} from the examples of many devices, each of which keeps its own.${said}`;
}

/** @param definition null where the server tells only those who take part */
export function whatLeaves(definition: TaskDefinition | null): string {
  if (!definition)
    return 'What training changed leaves this device, with the number of examples; no example ever does.';
  const { reports, model } = definition;
  const what = reports === 'update' ? 'what training changed in it' : 'its trained parameters';
  const bytes = formatBytes(model.parameterCount * BYTES_PER_PARAMETER);
  return `After each round ${bytes} leave this device: ${what}, with the number of examples and the mean loss. No example ever does.`;
}

/** Empty where it is not known yet. */
export function howProtected(protection: Protection | null): string {
  if (!protection) return '';
  const said = `What leaves is ${describeProtection(protection)}; ${describeUse(protection)}.`;
  return protection.differentialPrivacy ? said : `${said} It says something about the examples all the same.`;
}

function aim({ task, classCount, classNames }: TaskDefinition['data']): string {
  switch (task) {
    case 'classification': {
      const named = classNames !== undefined && classNames.length <= MAX_NAMES;
      return `to tell ${classCount} classes apart${named ? ` (${plain(classNames.join(', '))})` : ''}`;
    }
    case 'regression':
      return 'to estimate a number';
    case 'next-token':
      return 'to suggest what comes next in a text';
    default:
      return task satisfies never;
  }
}
