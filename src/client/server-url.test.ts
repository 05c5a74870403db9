/** Tests of what a client takes for a server's address. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { serverUrl } from './server-url.js';

describe('serverUrl', () => {
  it.each([
    'https://example.org',
    'https://example.org:8443',
    'http://localhost:8642',
    'http://127.0.0.1',
    'http://[::1]:1',
  ])('takes %s', (text) => {
    expect(serverUrl(text, false).origin).toBe(new URL(text).origin);
  });

  it.each([
    'http://example.org',
    'http://10.0.0.1',
    'http://localhost.example.org',
    'http://127.0.0.1.example.org',
  ])('refuses %s unless plain http was asked for', (text) => {
    expect(() => serverUrl(text, false)).toThrow(ConfigError);
    expect(() => serverUrl(text, false)).toThrow('anybody on the way reads models and updates');
    expect(serverUrl(text, true).protocol).toBe('http:');
  });

  it.each([
    '',
    'example.org',
    'ftp://example.org',
    'https://example.org/path',
    'https://me@example.org',
    'https://a?b',
  ])('refuses "%s"', (text) => {
    expect(() => serverUrl(text, true)).toThrow(ConfigError);
  });
});
