/** The fields of the form for a new run, and the settings that are made of them. */
import { ConfigError } from '../../../../src/errors.js';

interface FieldText {
  readonly label: string;
  readonly hint: string;
  readonly value?: string;
  readonly numeric?: boolean;
  readonly lines?: number;
  readonly choices?: readonly string[];
  readonly only?: boolean;
}

/** By the names of the settings; `rest` is all that has no field of its own. */
export const FIELDS = {
  name: { label: 'Name', hint: 'Letters, digits, dots and dashes; made up where it is empty.' },
  title: { label: 'Title', hint: 'For the people who are asked to take part.' },
  model: { label: 'Model', hint: 'A built-in one, or an .onnx file.', value: '2nn' },
  data: {
    label: 'Data of the server',
    hint: 'What it evaluates rounds on. Empty: clients evaluate.',
    value: 'digits',
  },
  task: {
    label: 'Task',
    hint: 'What the model predicts.',
    value: 'classification',
    choices: ['classification', 'regression'],
    only: true,
  },
  featureShape: { label: 'Shape of an example', hint: 'Numbers with commas: 1, 28, 28' },
  classCount: { label: 'Classes', hint: 'Of a classification.', numeric: true },
  rounds: { label: 'Rounds', hint: 'At most so many.', value: '20', numeric: true },
  cohort: { label: 'Cohort', hint: 'Reports that close a round.', value: '10', numeric: true },
  overSelection: {
    label: 'Over-selection',
    hint: 'Clients asked for each report: 1 or more [1.3].',
    numeric: true,
  },
  population: { label: 'Population', hint: 'Whose clients are asked.', value: 'default' },
  learningRate: { label: 'Learning rate', hint: 'Of each step.', value: '0.1', numeric: true },
  localEpochs: { label: 'Local epochs', hint: 'Passes over its examples a round [1].', numeric: true },
  batchSize: { label: 'Batch size', hint: 'Examples a step, or full.', value: '10' },
  optimizer: {
    label: 'Optimiser',
    hint: 'Of the clients.',
    choices: ['', 'sgd', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'],
    only: true,
  },
  rest: {
    label: 'More settings, as JSON',
    hint: 'Like {"momentum": 0.9, "deadlineMs": 60000, "target": {"metric": "accuracy", "value": 0.97}}; tessera runs start --help names all.',
    lines: 4,
  },
} as const satisfies Readonly<Record<string, FieldText>>;

export type FieldName = keyof typeof FIELDS;

const NUMBERS: ReadonlySet<string> = new Set([
  'classCount',
  'rounds',
  'cohort',
  'overSelection',
  'learningRate',
  'localEpochs',
]);

/**
 * The settings of a filled-in form. Numbers that are none stay text: the server says what it expected.
 *
 * @throws {ConfigError} when the rest is no JSON object.
 */
export function settingsFrom(form: FormData): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = { ...restOf(String(form.get('rest') ?? '')) };
  for (const name of Object.keys(FIELDS)) {
    const text = String(form.get(name) ?? '').trim();
    if (text !== '' && name !== 'rest') settings[name] = fieldValue(name, text);
  }
  return settings;
}

function fieldValue(name: string, text: string): unknown {
  const number = Number(text);
  if (name === 'featureShape') return text.split(',').map((part) => numberOr(part.trim()));
  if (name === 'batchSize' || NUMBERS.has(name)) return Number.isNaN(number) ? text : number;
  return text;
}

function numberOr(text: string): unknown {
  return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

function restOf(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  let rest: unknown;
  try {
    rest = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`rest must be JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof rest === 'object' && rest !== null && !Array.isArray(rest))
    return rest as Record<string, unknown>;
  throw new ConfigError('rest must be an object like {"momentum": 0.9}');
}

/** The field that a sentence is about: it begins with the name of a setting. */
export function fieldOf(sentence: string): FieldName | undefined {
  const name = /^([a-z]\w*)[ .[]/.exec(sentence)?.[1];
  if (name === undefined) return undefined;
  if (Object.hasOwn(FIELDS, name)) return name as FieldName;
  return / must /.test(sentence) ? 'rest' : undefined;
}
