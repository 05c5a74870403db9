/** An engine that stops between two calls: a thread or a process must not end in the middle of native code. */
import { TransportError } from '../errors.js';
import type { Engine } from './engine.js';

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
          if (isStopped()) throw new TransportError('the computation was stopped');
          await session.run(inputs, outputs);
        },
        release: () => session.release(),
      };
    },
  };
}
