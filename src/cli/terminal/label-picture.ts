/** Who has which examples, as counts and as a picture, for `tessera data show`. */
import { formatCount } from '../../format.js';
import type { ClientSummary } from '../../round/run-events.js';
import type { TerminalOptions } from './style.js';
import { type Cell, type TableColumn, table, tableWidth } from './table.js';

/** With more clients than this, the first are listed and all are summarised. */
const MOST_LISTED = 24;
const FIRST_LISTED = 20;
const BAR_WIDTH = 24;
const SHADES = { unicode: ' ░▒▓█', ascii: ' .:*#' };

/**
 * One row a client: its number of training and held-out examples, the training examples of each class, and a
 * picture with a shade a class, the darkest being the client's own largest (or, without classes, a bar). In a narrow terminal the counts of classes give
 * way to the picture. Past 24 clients, the first 20 and the smallest, median and largest of all.
 */
export function labelPicture(
  clients: readonly ClientSummary[],
  classNames: readonly string[],
  options: TerminalOptions,
): string {
  const listed = clients.length > MOST_LISTED ? clients.slice(0, FIRST_LISTED) : clients;
  const rowsFor = (labels: readonly string[]): Cell[][] => [
    ...listed.map((client) => [
      client.name,
      ...countsOf(client, labels),
      picture(client, clients, classNames, options),
    ]),
    ...(listed.length < clients.length ? summaryRows(clients, labels, clients.length - listed.length) : []),
  ];
  const full = columnsFor(classNames, classNames);
  const fullRows = rowsFor(classNames);
  if (tableWidth(full, fullRows) <= options.columns) return table(full, fullRows, options);
  return table(columnsFor([], classNames), rowsFor([]), options);
}

/** `labels` are the classes that get a column of counts. */
function columnsFor(labels: readonly string[], classNames: readonly string[]): readonly TableColumn[] {
  const short = classNames.length > 0 && classNames.every((name) => [...name].length === 1);
  const heading = short ? ` ${classNames.join('')}` : classNames.length > 0 ? ' labels' : '';
  return [
    { header: 'client' },
    { header: 'train', align: 'right' },
    { header: 'held out', align: 'right' },
    ...labels.map((header) => ({ header, align: 'right' as const })),
    { header: heading, style: (cell) => (cell === null ? undefined : 'cyan') },
  ];
}

function countsOf(client: ClientSummary, labels: readonly string[]): readonly number[] {
  return [
    client.trainCount,
    client.heldOutCount,
    ...labels.map((_, label) => client.labelCounts?.[label] ?? 0),
  ];
}

function picture(
  client: ClientSummary,
  clients: readonly ClientSummary[],
  classNames: readonly string[],
  options: TerminalOptions,
): string {
  const { unicode = true } = options;
  const shades = [...(unicode ? SHADES.unicode : SHADES.ascii)];
  if (classNames.length === 0) {
    const largest = largestOf(clients.map((other) => other.trainCount));
    return shades.at(-1)!.repeat(Math.ceil((client.trainCount / largest) * BAR_WIDTH));
  }
  const largest = largestOf(client.labelCounts ?? []);
  const cells = classNames.map((_, label) => {
    const share = (client.labelCounts?.[label] ?? 0) / largest;
    return shades[Math.ceil(share * (shades.length - 1))] ?? ' ';
  });
  return `|${cells.join('')}|`;
}

function largestOf(values: readonly number[]): number {
  return values.reduce((one, other) => Math.max(one, other), 1);
}

function summaryRows(clients: readonly ClientSummary[], labels: readonly string[], rest: number): Cell[][] {
  const columns = clients.map((client) => countsOf(client, labels));
  const sorted = (columns[0] ?? []).map((_, index) =>
    columns.map((counts) => counts[index] ?? 0).sort((one, other) => one - other),
  );
  const at = (name: string, share: number): Cell[] => [
    name,
    ...sorted.map((values) => values[Math.floor((values.length - 1) * share)] ?? 0),
    null,
  ];
  return [[`and ${formatCount(rest)} more`], [], at('smallest', 0), at('median', 0.5), at('largest', 1)];
}
