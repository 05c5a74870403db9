/** Ten clients who each know a few digits learn all of them together. Run: `npx jiti examples/quickstart.ts` */
import { simulate } from 'tessera';

const { finished, report } = await simulate(
  {
    data: 'digits',
    partition: 'dirichlet:0.3',
    clients: 10,
    model: 'mlp',
    rounds: 10,
    compare: ['isolated'],
  },
  {
    onEvent(event) {
      if (event.type !== 'round-finished') return;
      console.log(`round ${event.round}: ${((event.metrics?.accuracy ?? 0) * 100).toFixed(1)}%`);
    },
  },
);
console.log(`stopped after ${finished.rounds} rounds; look at ${report}`);
