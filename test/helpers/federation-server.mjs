/**
 * A server in a process of its own, to be killed: goes on with the runs of its folder, starts the one it is told if
 * that is new, and prints each event. Copies every model that it finds or writes to `keep`.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFederationServer, listen } from '../../dist/server/server.js';

const { folder, port, graceMs, run, keep } = JSON.parse(process.argv[2]);
const directory = join(folder, run.name);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const keepModels = () => {
  if (keep === undefined || !existsSync(join(directory, 'models'))) return;
  mkdirSync(keep, { recursive: true });
  for (const name of readdirSync(join(directory, 'models'))) {
    if (!name.endsWith('.tmp')) copyFileSync(join(directory, 'models', name), join(keep, name));
  }
};

const server = await createFederationServer({
  ...{ folder, graceMs, enrolment: 'open' },
  onEvent(_, event) {
    if (event.type === 'round-finished') keepModels();
    say(event);
  },
  onFailure: (error) => say({ type: 'failure', message: String(error) }),
});
// What a killed process left without a line about it is not kept.
const resumed = await server.resumeRuns();
keepModels();
if (resumed.length === 0) {
  if (existsSync(join(directory, 'config.json'))) say({ type: 'run-finished' });
  else await server.startRun(run);
}
const { server: http } = await listen(server.handler, { port });
say({ type: 'listening' });
process.on('SIGTERM', async () => {
  http.close();
  await server.close();
  http.closeAllConnections();
});
