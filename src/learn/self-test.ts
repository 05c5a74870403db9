/**
 * The numerical self-test: before a device contributes, it trains small nets for a few steps and compares what came
 * of it with stored figures. A wrong driver or kernel would send wrong updates and never know.
 */
import type { Engine } from './engine.js';
import { createOnnxTrainer } from './onnx-trainer.js';
import { fixedParams, formula, type SelfTestNet, selfTestNets } from './self-test-nets.js';

/** How far a figure may be from the stored one, as a part of it: far above rounding, far below any fault. */
const TOLERANCE = 1e-4;

/** Whether an engine calculates right; if not, `reason` says what differed, as the end of a sentence. */
export type SelfTestResult = { readonly passed: true } | { readonly passed: false; readonly reason: string };

/**
 * Trains a net for images and one for tokens (convolution, pooling, dense, embedding, LSTM, cross-entropy) on
 * `engine` from fixed parameters on fixed examples, with and without momentum, evaluates them, and compares losses and
 * parameters with stored figures: 1e-4 of each is allowed.
 *
 * Knows no clock: an engine that never answers is for the caller to give up.
 */
export async function selfTest(engine: Engine): Promise<SelfTestResult> {
  try {
    for (const net of selfTestNets) {
      const figures = await measure(engine, net);
      for (const [name, wanted] of Object.entries(net.expected)) {
        const got = figures[name] ?? Number.NaN;
        if (Math.abs(got - wanted) <= TOLERANCE * Math.abs(wanted)) continue;
        return { passed: false, reason: `${name} must be ${digits(wanted)}, got ${digits(got)}` };
      }
    }
    return { passed: true };
  } catch (error) {
    return { passed: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function measure(engine: Engine, { model, examples, works }: SelfTestNet) {
  // Graphs of two steps have all that those of five have, and are sooner made.
  const trainer = createOnnxTrainer(engine, model, { stepsPerCall: 2 });
  const figures: Record<string, number> = {};
  try {
    const initial = fixedParams(trainer.layout);
    const params = initial.slice();
    for (const [at, work] of works.entries()) {
      const { loss } = await trainer.train(params, examples, work, 0, params);
      figures[`the loss of training ${at + 1}`] = loss;
    }
    figures['the loss of the evaluation'] = (await trainer.evaluate(params, examples)).lossSum;
    figures['the checksum of the parameters'] = params.reduce(
      (sum, value, at) => sum + value * formula(at, 0),
      0,
    );
    for (const { name, offset, length } of trainer.layout.entries) {
      const part = params.subarray(offset, offset + length);
      const changes = part.map((value, at) => value - (initial[offset + at] ?? 0));
      figures[`the change of ${name}`] = Math.hypot(...changes);
    }
    return figures;
  } finally {
    await trainer.dispose?.();
  }
}

function digits(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(6) : String(value);
}
