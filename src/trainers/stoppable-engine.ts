/** An engine that stops between two calls: a thread must not be ended in the middle of native code. */
import { TransportError } from '../errors.js';
import type { Engine } from '../learn/engine.js';

/**
 * The same engine, whose sessions refuse to run as soon as `isStopped` says so.
 *
 * ONNX Runtime takes the whole process with it when its thread ends while it computes.
 */
export function stoppableEngine(engine: Engine, isStopped: () => boolean): Engine {
  return {
    ...engine,
    async load(onnx) {
      const session = await engine.load(onnx);
      return {
        async run(inputs, outputs) {
          if (isStopped()) throw new TransportError('the pool is closed');
          await session.run(inputs, outputs);
        },
        release: () => session.release(),
      };
    },
  };
}
