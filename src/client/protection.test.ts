/** What protects an update, in words that promise no more than there is. */
import { describe, expect, it } from 'vitest';
import { definition } from '../../test/helpers/task.js';
import { ConfigError } from '../errors.js';
import { describeProtection, describeUse, type Protection, protectionOf, transportOf } from './protection.js';

const none: Protection = {
  transport: 'plain',
  differentialPrivacy: false,
  secureAggregation: false,
  minimumCohort: 1,
};

describe('transportOf', () => {
  it.each([
    ['https://example.org/a', 'tls'],
    ['https://127.0.0.1', 'tls'],
    ['http://localhost:8080', 'plain-loopback'],
    ['http://127.0.0.1:1', 'plain-loopback'],
    ['http://127.9.9.9', 'plain-loopback'],
    ['http://[::1]:80', 'plain-loopback'],
    ['http://0x7f000001', 'plain-loopback'],
    ['http://localhost.example.org', 'plain'],
    ['http://127.0.0.1.example.org', 'plain'],
    ['http://192.168.0.1', 'plain'],
    ['http://127.0.0.1@example.org', 'plain'],
  ])('of %s is %s', (server, transport) => {
    expect(transportOf(server)).toBe(transport);
  });

  it.each(['ftp://a', 'localhost:80', '', '//a'])('refuses "%s"', (server) => {
    const message = `server must be a URL that begins with https:// or http://, got "${server}"`;
    expect(() => transportOf(server)).toThrow(new ConfigError(message));
  });
});

it('takes what the definition promises, and nothing else', () => {
  expect(protectionOf('https://a', definition)).toEqual({ ...definition.privacy, transport: 'tls' });
});

it.each<[Partial<Protection>, string]>([
  [{ transport: 'tls' }, 'protected by TLS only'],
  [{ transport: 'tls', differentialPrivacy: true }, 'protected by TLS and differential privacy'],
  [
    { transport: 'tls', differentialPrivacy: true, secureAggregation: true },
    'protected by TLS, differential privacy and secure aggregation',
  ],
  [{ transport: 'plain-loopback' }, 'not encrypted, as it stays on this machine'],
  [{}, 'not encrypted, so that others on the network can read it'],
  [
    { differentialPrivacy: true },
    'protected by differential privacy; not encrypted, so that others on the network can read it',
  ],
])('says of %o: %s', (more, words) => {
  expect(describeProtection({ ...none, ...more })).toBe(words);
});

it('says what the server does with an update', () => {
  expect(describeUse(none)).toBe('the server may use it by itself');
  const many = { ...none, minimumCohort: 8 };
  expect(describeUse(many)).toBe('the server folds it into a mean of at least 8 clients');
  expect(describeUse({ ...many, secureAggregation: true })).toBe(
    'the server learns only the sum over at least 8 clients',
  );
});
