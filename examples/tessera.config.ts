/** Settings in a file: `tessera simulate --config examples/tessera.config.ts`; flags go first. */
import type { SimulationOptions } from 'tessera';

export default {
  data: 'digits',
  examples: 2000,
  partition: 'shards:2',
  clients: 10,
  samplingRate: 0.5,
  model: 'mlp',
  rounds: 12,
  learningRate: { type: 'decay', initial: 0.1, factor: 0.95 },
  plateau: { patience: 5, minChange: 0.002 },
  stopWhen: ({ metrics }) => (metrics.accuracy ?? 0) > 0.9,
} satisfies SimulationOptions;
