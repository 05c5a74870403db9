/** Tests of content that is fetched by its hash. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../protocol/problem.js';
import { createBlobStore } from './blobs.js';
import type { ServerRequest } from './http.js';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
const sha256 = createHash('sha256').update(bytes).digest('hex');

const request = (headers: Record<string, string> = {}) => ({ headers }) as unknown as ServerRequest;

function stored() {
  const blobs = createBlobStore();
  const blob = blobs.add(bytes, 'application/octet-stream');
  return { blobs, blob };
}

describe('a blob', () => {
  it('is named by the hash of its bytes, and may be kept by anybody for ever', () => {
    const { blobs, blob } = stored();
    expect(blob).toEqual({ sha256, bytes: 100 });
    const { status, headers, body } = blobs.serve(sha256, request());
    expect(status).toBe(200);
    expect(body).toEqual(bytes);
    expect(headers).toMatchObject({
      etag: `"${sha256}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-length': '100',
    });
  });

  it.each<[string, number, number]>([
    ['bytes=0-9', 0, 10],
    ['bytes=90-', 90, 100],
    ['bytes=90-500', 90, 100],
    ['bytes=-5', 95, 100],
    ['bytes=-500', 0, 100],
  ])('is served in part for %s', (range, start, end) => {
    const { status, headers, body } = stored().blobs.serve(sha256, request({ range }));
    expect(status).toBe(206);
    expect(body).toEqual(bytes.subarray(start, end));
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/100`);
  });

  it.each(['bytes=100-', 'bytes=5-4', 'bytes=-0', 'bytes=999999999999999-'])('refuses %s', (range) => {
    const { blobs } = stored();
    expect(() => blobs.serve(sha256, request({ range }))).toThrow(Refusal);
    expect(() => blobs.serve(sha256, request({ range }))).toThrow('range must lie within 100 bytes');
  });

  it.each(['bytes=0-1,4-5', 'items=0-1', 'bytes=-', 'bytes=a-b'])('is served whole for %s', (range) => {
    expect(stored().blobs.serve(sha256, request({ range })).status).toBe(200);
  });

  it('is served whole where the range is of another version', () => {
    const headers = { range: 'bytes=0-1', 'if-range': '"other"' };
    expect(stored().blobs.serve(sha256, request(headers)).status).toBe(200);
  });

  it('is not sent again to who has it', () => {
    const answer = stored().blobs.serve(sha256, request({ 'if-none-match': `"${sha256}"` }));
    expect(answer).toMatchObject({ status: 304 });
    expect(answer.body).toBeUndefined();
  });

  it('is there until all who offered it have dropped it', () => {
    const { blobs, blob } = stored();
    blobs.add(bytes, 'application/octet-stream');
    blobs.drop(blob);
    expect(blobs.serve(sha256, request()).status).toBe(200);
    blobs.drop(blob);
    expect(() => blobs.serve(sha256, request())).toThrow('there is no content of that hash');
  });
});
