/** Three clients, each without three digits: alone they never learn them, together they know all ten. */
import { describe, expect, it } from 'vitest';
import type { SimulationOptions } from '../../dist/settings/simulation-options.js';
import { simulate } from '../../dist/simulation/simulate.js';
import type { RunEvent } from '../../src/round/run-events.js';
import { emptyFolder } from '../helpers/cli.js';
import { describeWithData } from '../helpers/optional.js';

const MISSING = [
  [1, 3, 7],
  [2, 5, 8],
  [4, 6, 9],
];

async function expectAllDigitsAfterThreeRounds(settings: SimulationOptions): Promise<void> {
  const events: RunEvent[] = [];
  const { finished } = await simulate(
    {
      model: 'mlp',
      partition: `without:${MISSING.map((digits) => digits.join('+')).join('/')}`,
      rounds: 3,
      learningRate: 0.1,
      compare: ['isolated'],
      seed: 1,
      out: await emptyFolder(),
      ...settings,
    },
    { onEvent: (event) => events.push(event) },
  );
  const alone = events.filter((event) => event.type === 'isolated-evaluated');
  expect(alone).toHaveLength(MISSING.length);
  for (const { clientId, metrics } of alone) {
    for (const digit of MISSING[clientId] ?? []) expect(metrics.perClassAccuracy?.[digit]).toBe(0);
  }
  expect(finished.rounds).toBe(3);
  expect(finished.metrics.accuracy).toBeGreaterThanOrEqual(0.95);
}

describe('three clients that each lack three digits', () => {
  it('learn all drawn digits in three rounds', async () => {
    await expectAllDigitsAfterThreeRounds({ data: 'digits', examples: 10_000, localEpochs: 10 });
  });
});

describeWithData('mnist', (dataDir) => {
  it('learn all handwritten digits in three rounds', async () => {
    await expectAllDigitsAfterThreeRounds({ data: 'mnist', dataDir, localEpochs: 3, batchSize: 20 });
  });
});
