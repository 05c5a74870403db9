import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.js';

const ROUTES = ['POST /v1/check-in', 'GET /v1/blobs/:sha256'] as const;

function open() {
  const counts = { pending: 1, approved: 2, revoked: 3 };
  const metrics = createMetrics(ROUTES, { clients: () => counts, channels: () => 1 });
  /** The lines of one metric, without comments. */
  const lines = async (name: string) =>
    (await metrics.text())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return { metrics, counts, lines };
}

const answer = { status: 200, durationMs: 7, bytesIn: 10, bytesOut: 20 };

describe('metrics of a server', () => {
  it('count requests by route and status, their time and their bytes', async () => {
    const { metrics, lines } = open();
    metrics.requestAnswered({ ...answer, route: 'POST /v1/check-in' });
    metrics.requestAnswered({ ...answer, route: 'POST /v1/check-in', status: 429, durationMs: 2 });
    metrics.requestAnswered({ ...answer, route: 'POST /v1/check-in', durationMs: 8 });
    expect(await lines('tessera_requests_total')).toEqual([
      'tessera_requests_total{route="POST /v1/check-in",status="200"} 2',
      'tessera_requests_total{route="POST /v1/check-in",status="429"} 1',
    ]);
    const buckets = await lines('tessera_request_seconds_bucket');
    expect(buckets).toContain('tessera_request_seconds_bucket{le="0.001",route="POST /v1/check-in"} 0');
    expect(buckets).toContain('tessera_request_seconds_bucket{le="0.005",route="POST /v1/check-in"} 1');
    expect(buckets).toContain('tessera_request_seconds_bucket{le="0.01",route="POST /v1/check-in"} 3');
    expect(await lines('tessera_received_bytes_total')).toEqual(['tessera_received_bytes_total 30']);
    expect(await lines('tessera_sent_bytes_total')).toEqual(['tessera_sent_bytes_total 60']);
  });

  it('never hold a path that a stranger chose', async () => {
    const { metrics, lines } = open();
    for (let count = 0; count < 100; count++) {
      metrics.requestAnswered({ ...answer, route: `GET /${count}` as (typeof ROUTES)[number], status: 404 });
    }
    metrics.requestAnswered({ ...answer, route: undefined, status: 404 });
    expect(await lines('tessera_requests_total')).toEqual([
      'tessera_requests_total{route="none",status="404"} 101',
    ]);
    // @ts-expect-error a route that is none of the list
    metrics.requestAnswered({ ...answer, route: 'GET /elsewhere' });
    // @ts-expect-error a problem that is none of the protocol's
    metrics.problem('curious');
  });

  it('count updates by what became of them', async () => {
    const { metrics, lines } = open();
    metrics.update('accepted');
    metrics.update('accepted');
    metrics.update('dropped');
    metrics.updateRefused('wrong-update');
    expect(await lines('tessera_updates_total')).toEqual([
      'tessera_updates_total{outcome="accepted",problem=""} 2',
      'tessera_updates_total{outcome="dropped",problem=""} 1',
      'tessera_updates_total{outcome="refused",problem="wrong-update"} 1',
    ]);
  });

  it('count problems, rounds, what is open, and clients', async () => {
    const { metrics, counts, lines } = open();
    metrics.problem('replayed');
    metrics.uploads(1);
    metrics.roundFinished('aggregated', 1500);
    metrics.roundFinished('failed', 100);
    counts.approved = 7;
    const values = await Promise.all(
      [
        'tessera_problems_total',
        'tessera_open_channels',
        'tessera_open_uploads',
        'tessera_rounds_total',
        'tessera_round_seconds_sum',
        'tessera_clients',
      ].map(lines),
    );
    expect(values.flat()).toEqual([
      'tessera_problems_total{problem="replayed"} 1',
      'tessera_open_channels 1',
      'tessera_open_uploads 1',
      'tessera_rounds_total{outcome="aggregated"} 1',
      'tessera_rounds_total{outcome="failed"} 1',
      'tessera_round_seconds_sum{outcome="aggregated"} 1.5',
      'tessera_round_seconds_sum{outcome="failed"} 0.1',
      'tessera_clients{status="pending"} 1',
      'tessera_clients{status="approved"} 7',
      'tessera_clients{status="revoked"} 3',
    ]);
  });

  it('say how much memory the process has', async () => {
    const { lines } = open();
    const [resident] = await lines('process_resident_memory_bytes');
    expect(Number(resident?.split(' ')[1])).toBeGreaterThan(2 ** 24);
    expect(await lines('process_memory_bytes')).toHaveLength(3);
  });

  it('of two servers in one process do not meet, nor those of the process', async () => {
    const [one, other] = [open(), open()];
    one.metrics.problem('replayed');
    expect(await other.lines('tessera_problems_total')).toEqual([]);
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(one.metrics.contentType).toMatch(/^text\/plain/);
  });
});
