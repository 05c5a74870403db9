/** A partition as data, and the short text that names it on a command line. */
import { ConfigError } from '../errors.js';
import { requireInteger, requireNumber } from './checks.js';
import { requireAlpha } from './partition-by-size.js';

/** Which partition, with its parameters; see the function of the same idea for what each does. */
export type PartitionSpec =
  | { readonly type: 'iid' }
  | { readonly type: 'shards'; readonly shardsPerClient: number }
  | { readonly type: 'dirichlet'; readonly alpha: number }
  | { readonly type: 'dirichlet-size'; readonly alpha: number }
  | { readonly type: 'power-law'; readonly exponent: number }
  | { readonly type: 'linear' }
  /** `groups[k]` names the classes of client k. */
  | { readonly type: 'labels'; readonly groups: readonly (readonly string[])[] }
  /** `groups[k]` names the classes that client k lacks. */
  | { readonly type: 'without'; readonly groups: readonly (readonly string[])[] }
  /** One client for each owner with at least `minExamples` examples. */
  | { readonly type: 'natural'; readonly minExamples: number }
  | { readonly type: 'classes'; readonly classesPerClient: number };

/** How each partition is written, by example. */
const FORMS = [
  'iid',
  'shards:2',
  'dirichlet:0.5',
  'dirichlet-size:1',
  'power-law:1.5',
  'linear',
  'labels:0+1/2+3',
  'without:1+3/2+5',
  'natural',
  'natural:20',
  'classes:2',
];

/**
 * Reads a partition such as `iid`, `shards:2`, `dirichlet:0.5`, `dirichlet-size:1`, `power-law:1.5`,
 * `linear`, `labels:0+1/2+3` (classes by name, one group a client), `without:1+3/2+5`, `natural` (or
 * `natural:20`, owners with at least 20 examples) or `classes:2`.
 *
 * @throws {ConfigError} when the text is none of these, or its parameter is missing or out of range.
 */
export function parsePartition(text: string): PartitionSpec {
  const colon = text.indexOf(':');
  const type = colon < 0 ? text : text.slice(0, colon);
  const parameter = colon < 0 ? undefined : text.slice(colon + 1);
  if (parameter === undefined) {
    if (type === 'iid' || type === 'linear') return { type };
    if (type === 'natural') return { type, minExamples: 1 };
    throw unknownPartition(text);
  }
  switch (type) {
    case 'shards':
      return { type, shardsPerClient: parseCount(text, parameter) };
    case 'classes':
      return { type, classesPerClient: parseCount(text, parameter) };
    case 'natural':
      return { type, minExamples: parseCount(text, parameter) };
    case 'dirichlet':
    case 'dirichlet-size': {
      const alpha = parseNumber(text, parameter);
      requireAlpha(alpha);
      return { type, alpha };
    }
    case 'power-law': {
      const exponent = parseNumber(text, parameter);
      requireNumber('exponent', exponent, 0, 100);
      return { type, exponent };
    }
    case 'labels':
    case 'without':
      return { type, groups: parseGroups(text, parameter) };
    default:
      throw unknownPartition(text);
  }
}

function unknownPartition(text: string): ConfigError {
  return new ConfigError(`partition must be one like ${FORMS.join(', ')}, got "${text}"`);
}

function parseNumber(text: string, parameter: string): number {
  if (parameter.trim() === '' || !Number.isFinite(Number(parameter))) {
    throw new ConfigError(`partition must have a number after the colon, got "${text}"`);
  }
  return Number(parameter);
}

function parseCount(text: string, parameter: string): number {
  const count = parseNumber(text, parameter);
  requireInteger(`the number after the colon of partition "${text}"`, count, 1, 2 ** 32 - 1);
  return count;
}

function parseGroups(text: string, parameter: string): string[][] {
  const groups = parameter.split('/').map((group) => group.split('+').map((name) => name.trim()));
  if (groups.flat().includes('')) {
    throw new ConfigError(
      `partition must name classes joined by +, in groups divided by /, one a client, got "${text}"`,
    );
  }
  return groups;
}
