/**
 * Three clients, each without some of the ten digits: alone, none can learn what it has never seen; together they
 * learn all. Run: `npx jiti examples/missing-digits.ts`
 */
import { type IsolatedEvaluated, simulate } from 'tessera';

const missing = [
  [1, 3, 7],
  [2, 5, 8],
  [4, 6, 9],
];

const alone: IsolatedEvaluated[] = [];
const { finished } = await simulate(
  {
    data: 'digits',
    partition: `without:${missing.map((digits) => digits.join('+')).join('/')}`,
    model: 'mlp',
    localEpochs: 4,
    rounds: 3,
    compare: ['isolated'],
  },
  { onEvent: (event) => void (event.type === 'isolated-evaluated' && alone.push(event)) },
);

const percent = (share: number | null | undefined) => `${((share ?? 0) * 100).toFixed(1)}%`;
for (const { clientId, metrics } of alone.toSorted((a, b) => a.clientId - b.clientId)) {
  const unseen = missing[clientId] ?? [];
  const shares = unseen.map((digit) => `${digit}: ${percent(metrics.perClassAccuracy?.[digit])}`);
  console.log(
    `client ${clientId} alone: ${percent(metrics.accuracy)} over all, on digits it never saw ${shares.join(', ')}`,
  );
}
console.log(`together after ${finished.rounds} rounds: ${percent(finished.metrics.accuracy)} over all`);
