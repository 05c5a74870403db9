/** A server in a process of its own, which says what it holds once garbage is collected: `node --expose-gc`, by messages. */
import { createFederationServer, listen } from '../../dist/server/server.js';

const trained = [];
const failures = [];
const server = await createFederationServer({
  folder: process.argv[2],
  enrolment: 'open',
  onEvent(runId, event) {
    if (event.type === 'client-trained') trained.push([runId, event.clientId]);
  },
  onFailure: (error) => failures.push(String(error?.stack ?? error)),
});
const { url } = await listen(server.handler, {});

process.on('message', async ({ start }) => {
  if (start) {
    const run = await server.startRun(start);
    process.send({ started: run.runId });
    await run.over;
    process.send({ over: run.runId, status: run.status() });
    return;
  }
  // What a timer still holds is let go after some turns.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send({ memory: { heapUsed, external }, trained, failures });
});
process.send({ url });
