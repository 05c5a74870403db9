/** Tasks that a person decides on, as text. Titles and descriptions are the server's: they are made safe to show. */
import type { TaskRecord } from '../client/node/approvals.js';
import { formatBytes, formatCount, formatPlural } from '../format.js';
import type { GraphSummary } from '../learn/graph-summary.js';
import type { LocalWork } from '../learn/trainer.js';
import { plain } from '../plain-text.js';
import type { TaskDefinition } from '../protocol/messages.js';
import type { TaskGraph } from './task-graph.js';
import type { TerminalOptions } from './terminal/style.js';
import { table } from './terminal/table.js';

const HASH_DIGITS = 12;

/** One task a line. */
export function taskTable(records: readonly TaskRecord[], options: TerminalOptions): string {
  return table(
    [
      { header: 'Task', whole: true },
      { header: 'Decision', whole: true },
      { header: 'Title' },
      { header: 'Model' },
      { header: 'Server' },
      { header: 'First asked', whole: true },
    ],
    records.map(({ hash, decision, definition, server, askedAt }) => [
      hash.slice(0, HASH_DIGITS),
      decision,
      definition.title,
      definition.model.name,
      server,
      timeOf(askedAt),
    ]),
    options,
  );
}

/** All that a person needs to decide, a line each. */
export function describeTask(record: TaskRecord, graph: TaskGraph): string {
  const { hash, decision, definition, server, askedAt, decidedAt, work } = record;
  const { title, description, model, data, reports } = definition;
  const since = decidedAt === undefined ? '' : `, ${timeOf(decidedAt)}`;
  const lines: [string, string][] = [
    ['Task', `${title} (run ${definition.runId})`],
    ['Decision', `${decision}${since}`],
    ['Asked by', `${server}, first ${timeOf(askedAt)}`],
    ['For', description],
    ['Data', `${data.task} of examples of [${data.featureShape.join(', ')}]${classesOf(data)}`],
    ['Model', `${model.name}, ${formatPlural(model.parameterCount, 'parameter')}${fileOf(model)}`],
    ...graphLines(graph),
    ['Code hash', model.graphSha256],
    ['Work', `${workOf(work)} (when first asked; an approval does not bind it, pins do)`],
    ['Sends', reports === 'update' ? 'what training changed in the parameters' : 'the trained parameters'],
    ['Privacy', privacyOf(definition)],
    ['Task hash', hash],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${plain(text)}`).join('\n');
}

function classesOf({ task, classCount }: TaskDefinition['data']): string {
  if (task === 'regression') return '';
  return `, ${formatPlural(classCount, task === 'next-token' ? 'token' : 'label')}`;
}

function fileOf({ graph }: TaskDefinition['model']): string {
  return graph ? `; an ONNX file of ${formatBytes(graph.bytes)} from the server` : '';
}

function graphLines(graph: TaskGraph): [string, string][] {
  if ('reason' in graph) return [['Graph', graph.reason]];
  const { summary } = graph;
  return [
    ['Graph', `${operatorsOf(summary)}; loss ${summary.loss}`],
    ['Parameters', parametersOf(summary)],
  ];
}

function operatorsOf({ operators }: GraphSummary): string {
  return Object.entries(operators)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => (count === 1 ? name : `${formatCount(count)} ${name}`))
    .join(', ');
}

function parametersOf({ parameters }: GraphSummary): string {
  return parameters.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
}

function workOf({ amount, batchSize, learningRate, ...more }: LocalWork): string {
  const long = 'steps' in amount ? formatPlural(amount.steps, 'step') : formatPlural(amount.epochs, 'epoch');
  const batch = batchSize === 'full' ? 'all examples' : formatPlural(batchSize, 'example');
  const others = Object.entries(more)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `, ${name} ${typeof value === 'object' ? value.type : value}`);
  return `${long} in batches of ${batch}, learning rate ${learningRate}${others.join('')}`;
}

function privacyOf({ privacy }: TaskDefinition): string {
  const { minimumCohort, differentialPrivacy, secureAggregation } = privacy;
  const cohort =
    minimumCohort > 1
      ? `combined with those of at least ${formatCount(minimumCohort)} clients in all`
      : 'may be used by itself';
  const said = (has: boolean, what: string) => `${has ? 'with' : 'no'} ${what}`;
  return `${cohort}; ${said(differentialPrivacy, 'differential privacy')}; ${said(secureAggregation, 'secure aggregation')}`;
}

/** UTC, to the minute. */
function timeOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
