/** Bytes that each round moved. */
import { formatBytes } from '../format.js';
import type { Chart } from './chart.js';
import { meanOf, type RunSummary } from './run-summary.js';

/** None before a round has asked clients. */
export function trafficChart({ rounds }: RunSummary): Chart | undefined {
  const asked = rounds.filter((event) => event.round > 0);
  if (asked.length === 0) return undefined;
  const down = asked.map(({ downBytes }) => downBytes);
  const up = asked.map(({ upBytes }) => upBytes);
  return {
    id: 'traffic',
    title: 'Bytes per round',
    note: 'Models and updates as they were sent, without headers.',
    xName: 'Round',
    x: asked.map(({ round }) => round),
    yName: 'bytes in the round',
    format: 'bytes',
    series: [
      { name: 'Models to clients', tone: 'global', values: down },
      { name: 'Updates to the server', tone: 'federated', values: up },
    ],
    summary: `Bytes per round, on average ${formatBytes(meanOf(down) ?? 0)} to clients and ${formatBytes(meanOf(up) ?? 0)} back.`,
  };
}
