/** One simulation in a process of its own: `node bench/simulate-once.mjs '<settings>'` prints time and peak memory. */
import { simulate } from '../dist/simulation/simulate.js';

let trainingMs = 0;
await simulate(JSON.parse(process.argv[2]), {
  onEvent(event) {
    if (event.type === 'round-finished' && event.round > 0) trainingMs += event.wallMs;
  },
});
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ trainingMs, peakMb })}\n`);
