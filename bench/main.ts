/** `npm run bench -- <name>`: measurements, never part of the tests. */
import { benchBrowser } from './browser.js';
import { benchFold } from './fold.js';
import { benchIdle } from './idle.js';
import { benchNetwork } from './network.js';
import { benchPapers } from './papers.js';
import { benchRecurrence } from './recurrence.js';
import { benchSignatures } from './signatures.js';
import { benchSimulate } from './simulate.js';
import { benchSlots } from './slots.js';
import { benchTrain } from './train.js';

const benches: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  train: benchTrain,
  slots: benchSlots,
  recurrence: benchRecurrence,
  signatures: benchSignatures,
  simulate: benchSimulate,
  fold: benchFold,
  network: benchNetwork,
  idle: benchIdle,
  papers: benchPapers,
  browser: benchBrowser,
};

const [name = '', ...words] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) await bench(words);
else {
  process.stderr.write(`bench must be one of ${Object.keys(benches).join(', ')}, got "${name}"\n`);
  process.exitCode = 2;
}
