/** The native engine with a fault put in: what tests of the self-test and of the choice of engines break. */
import { chooseEngine } from '../../src/engine/onnx-runtime.js';
import type { Engine, EngineSession } from '../../src/learn/engine.js';

type Outputs = Parameters<EngineSession['run']>[1];

/** A good engine whose every run is followed by `fault`, which may change the outputs, throw, or never end. */
export async function faultyEngine(fault: (outputs: Outputs) => void | Promise<void>): Promise<Engine> {
  const { engine } = await chooseEngine({ kind: 'native', selfTest: false });
  return {
    ...engine,
    async load(onnx) {
      const session = await engine.load(onnx);
      return {
        async run(inputs, outputs) {
          await session.run(inputs, outputs);
          await fault(outputs);
        },
        release: () => session.release(),
      };
    },
  };
}

/** A fault that multiplies the outputs whose names match. */
export function scaled(name: RegExp, factor: number): (outputs: Outputs) => void {
  return (outputs) => {
    for (const [key, { data }] of Object.entries(outputs)) {
      if (name.test(key)) data.set(data.map((value) => value * factor));
    }
  };
}
