/** An engine that leaves the Worker room to breathe: messages and the network get their turn while it trains. */

import type { Engine, EngineSession } from '../learn/engine.js';
import { names } from '../learn/graph-names.js';

/** Without a pause of its own, a Worker that trains hears nothing until it has done so. */
const BREATH_MS = 20;

/** The same engine, whose calls follow one another, also those of several sessions, and let others in every 20 ms. */
export function pacedEngine(engine: Engine, breathe: () => Promise<void>): Engine {
  let last = performance.now();
  let turn: Promise<unknown> = Promise.resolve();
  return aroundRuns(engine, (run) => {
    const done = turn.then(async () => {
      await run();
      if (performance.now() - last < BREATH_MS) return;
      await breathe();
      last = performance.now();
    });
    turn = done.catch(() => {});
    return done;
  });
}

/** The same engine, which tells how many examples each call was about. */
export function countingEngine(engine: Engine, onExamples: (count: number) => void): Engine {
  return aroundRuns(engine, async (run, count) => {
    await run();
    onExamples(count);
  });
}

function aroundRuns(
  engine: Engine,
  around: (run: () => Promise<void>, exampleCount: number) => Promise<void>,
): Engine {
  return {
    ...engine,
    async load(onnx): Promise<EngineSession> {
      const session = await engine.load(onnx);
      return {
        run: (inputs, outputs) =>
          around(() => session.run(inputs, outputs), inputs[names.features]?.dims[0] ?? 0),
        release: () => session.release(),
      };
    },
  };
}

/** Lets everything that is due run first, without the delay of a timer. */
export function createBreath(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}
