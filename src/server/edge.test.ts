/** Tests of what all answers have in common, and of which pages may read them. */
import { describe, expect, it } from 'vitest';
import { ask } from '../../test/helpers/ask.js';
import { checkOrigins, SECURITY_FIELDS, withEdge } from './edge.js';
import { jsonResponse } from './http.js';

const ORIGIN = 'https://app.example.org';
const edge = (...origins: string[]) => withEdge(async () => jsonResponse({ fine: true }), origins);
const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'signature' };

describe('the edge of a server', () => {
  it('keeps browsers from making more of an answer than it is', async () => {
    const { headers } = await ask(edge(), 'GET', '/v1');
    expect(headers).toMatchObject(SECURITY_FIELDS);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('lets pages of the origins on the list read answers and what clients need of their header', async () => {
    const { headers } = await ask(edge(ORIGIN), 'GET', '/v1', { headers: { origin: ORIGIN } });
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(headers.vary).toBe('origin');
    for (const field of ['upload-offset', 'retry-after', 'repr-digest', 'content-range', 'etag']) {
      expect(headers['access-control-expose-headers']).toContain(field);
    }
  });

  it('lets pages of no other origin read anything, and says to caches that answers differ', async () => {
    for (const origin of ['https://evil.example', 'https://app.example.org.evil.example', 'null']) {
      const { headers } = await ask(edge(ORIGIN), 'GET', '/v1', { headers: { origin } });
      expect(headers['access-control-allow-origin'], origin).toBeUndefined();
      expect(headers.vary).toBe('origin');
    }
  });

  it('answers what browsers ask before they send', async () => {
    const allowed = await ask(edge(ORIGIN), 'OPTIONS', '/v1/check-in', {
      headers: { origin: ORIGIN, ...preflight },
    });
    expect(allowed.status).toBe(204);
    expect(allowed.headers['access-control-allow-methods']).toContain('PUT');
    for (const field of ['signature', 'signature-input', 'content-digest', 'tessera-protocol']) {
      expect(allowed.headers['access-control-allow-headers']).toContain(field);
    }
    const refused = await ask(edge(ORIGIN), 'OPTIONS', '/v1/check-in', {
      headers: { origin: 'https://evil.example', ...preflight },
    });
    expect([refused.status, refused.headers['access-control-allow-methods']]).toEqual([403, undefined]);
    expect((await ask(edge(), 'OPTIONS', '/v1', { headers: { origin: ORIGIN, ...preflight } })).status).toBe(
      403,
    );
  });

  it('allows any origin where that is said', async () => {
    const { headers } = await ask(edge('*'), 'GET', '/v1', { headers: { origin: ORIGIN } });
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  it('refuses a list with something else than origins on it', () => {
    expect(() => checkOrigins(['*', ORIGIN, 'http://localhost:5173'])).not.toThrow();
    for (const wrong of ['app.example.org', `${ORIGIN}/`, `${ORIGIN}/page`, 'null', '']) {
      expect(() => checkOrigins([wrong]), wrong).toThrow(
        `allowed origins must be * or like https://example.org, got "${wrong}"`,
      );
    }
  });
});
