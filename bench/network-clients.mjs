/** Virtual clients for bench/network.ts, in one process: they return the model as it came. */
import { createHash, randomBytes } from 'node:crypto';
import { createHttpTransport } from '../dist/client/node/http-transport.js';
import { createNodeProbe } from '../dist/client/node/node-probe.js';
import { joinMany } from '../dist/client/virtual.js';
import { modelParameters } from '../dist/learn/compile.js';
import { createModel } from '../dist/learn/model.js';
import { answer } from './answer.mjs';
import { newSigner } from './virtual-keys.mjs';

const dataset = { task: 'classification', classNames: [], featureShape: [1] };
const data = { train: { dataset, indices: new Uint32Array(600) } };
let joined = [];

answer({
  async join({ url, clients, model, featureShape }) {
    const { layout } = modelParameters(
      await createModel(model, { featureShape, task: 'classification', classCount: 10 }),
    );
    const trainer = {
      layout,
      async train(params, examples, _work, _seed, out) {
        out.set(params);
        return { exampleCount: examples.indices.length, steps: 1, loss: 0 };
      },
    };
    const each = Array.from({ length: clients }, () => ({
      platform: platformOn(url),
      options: { data, onEvent: heard },
    }));
    joined = await joinMany(each, { trainer });
  },
  async stop() {
    await Promise.all(joined.map((client) => client.stop()));
  },
});

function heard(event) {
  if (event.type === 'failed' || event.type === 'retrying') console.error(event);
}

function platformOn(url) {
  return {
    transport: createHttpTransport(new URL(url)),
    signer: newSigner(),
    store: new Map(),
    probe: createNodeProbe(),
    now: Date.now,
    randomBytes: (count) => randomBytes(count),
    random: Math.random,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    engine: () => Promise.reject(new Error('no engine is needed')),
    forgetKey: async () => {},
  };
}
