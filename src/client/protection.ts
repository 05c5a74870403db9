/** Under which protection something leaves the device, as data and in words. */
import { ConfigError } from '../errors.js';
import type { TaskDefinition } from '../protocol/messages.js';
import { isLoopback } from './server-url.js';

/** What stands between an update and those who would read it. */
export interface Protection {
  /** Encrypted; or in the clear, within this machine or over a network. */
  readonly transport: 'tls' | 'plain-loopback' | 'plain';
  readonly differentialPrivacy: boolean;
  readonly secureAggregation: boolean;
  /** The server combines updates with those of at least so many clients in all, by its own word. */
  readonly minimumCohort: number;
}

/**
 * What protects a report to `server` under the terms of the task.
 *
 * @throws {ConfigError} when `server` is no URL of http or https.
 */
export function protectionOf(server: string, { privacy }: Pick<TaskDefinition, 'privacy'>): Protection {
  return { ...privacy, transport: transportOf(server) };
}

/** How bytes travel to a server. */
export function transportOf(server: string): Protection['transport'] {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'https:') return 'tls';
  if (url?.protocol !== 'http:') {
    throw new ConfigError(`server must be a URL that begins with https:// or http://, got "${server}"`);
  }
  return isLoopback(url.hostname) ? 'plain-loopback' : 'plain';
}

/** What makes an update unreadable to others, like "protected by TLS and differential privacy". */
export function describeProtection({ transport, ...more }: Protection): string {
  const kept = [
    ...(transport === 'tls' ? ['TLS'] : []),
    ...(more.differentialPrivacy ? ['differential privacy'] : []),
    ...(more.secureAggregation ? ['secure aggregation'] : []),
  ];
  const open = {
    tls: '',
    'plain-loopback': 'not encrypted, as it stays on this machine',
    plain: 'not encrypted, so that others on the network can read it',
  }[transport];
  if (kept.length === 0) return open;
  const only = kept.length === 1 && transport === 'tls' ? ' only' : '';
  const named = `protected by ${kept.join(', ').replace(/, ([^,]*)$/, ' and $1')}${only}`;
  return open === '' ? named : `${named}; ${open}`;
}

/** What the server says it does with an update, like "the server folds it into a mean of at least 8 clients". */
export function describeUse({ minimumCohort, secureAggregation }: Protection): string {
  if (minimumCohort <= 1) return 'the server may use it by itself';
  return secureAggregation
    ? `the server learns only the sum over at least ${minimumCohort} clients`
    : `the server folds it into a mean of at least ${minimumCohort} clients`;
}
