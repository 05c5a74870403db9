/** Evaluates a model on an engine, a batch at a time. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';
import { compileEvaluation, names } from './compile.js';
import type { Engine, EngineTensor } from './engine.js';
import { countErrors, countPredictions, emptyTally } from './evaluation.js';
import { losses } from './losses.js';
import type { Model } from './model.js';
import { createRowBuffers, fillRows, parameterTensors } from './tensors.js';
import type { EvaluationSums } from './trainer.js';

/** Examples evaluated at a time. */
const BATCH = 250;

/** A loaded evaluation graph. */
export interface Evaluator {
  evaluate(params: Float32Array, examples: Examples): Promise<EvaluationSums>;
  release(): Promise<void>;
}

/** Compiles and loads the evaluation of `model`. */
export async function loadEvaluator(engine: Engine, model: Model, layout: Layout): Promise<Evaluator> {
  const { onnx, outputWidth } = compileEvaluation(model);
  const session = await engine.load(onnx);
  const values = new Float32Array(layout.size);
  const parameters = parameterTensors(engine, layout, values, (name) => name);
  const buffers = createRowBuffers(engine, model, BATCH);
  const output = new Float32Array(BATCH * outputWidth);
  const loss = engine.tensor(new Float32Array(1), []);
  const classification = losses[model.loss].task === 'classification';
  const bindings = new Map<number, ReturnType<typeof bind>>();
  const bind = (rows: number) => ({
    inputs: { ...parameters, ...buffers.tensors(rows) } as Record<string, EngineTensor>,
    outputs: {
      [names.output]: engine.tensor(output.subarray(0, rows * outputWidth), [rows, outputWidth]),
      [names.lossSum]: loss,
    },
  });
  const bindingOf = (rows: number) => {
    const binding = bindings.get(rows) ?? bind(rows);
    bindings.set(rows, binding);
    return binding;
  };

  return {
    async evaluate(params, examples) {
      values.set(params);
      const tally = emptyTally(classification ? Math.max(outputWidth, 2) : 0);
      const { indices } = examples;
      for (let at = 0; at < indices.length; at += BATCH) {
        const rows = Math.min(BATCH, indices.length - at);
        fillRows(buffers, examples, indices, at, rows);
        const { inputs, outputs } = bindingOf(rows);
        await session.run(inputs, outputs);
        const made = output.subarray(0, rows * outputWidth);
        if (classification) countPredictions(tally, made, buffers.labels, rows);
        else countErrors(tally, made, buffers.labels);
        tally.lossSum += loss.data[0] ?? Number.NaN;
        tally.exampleCount += rows;
      }
      return tally;
    },
    release: () => session.release(),
  };
}
