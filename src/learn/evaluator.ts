/** Evaluates a model on an engine, a batch at a time. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';
import { compileEvaluation } from './compile.js';
import type { Engine, EngineTensor } from './engine.js';
import { addTokens, countErrors, countPredictions, emptyTally, type Tally } from './evaluation.js';
import { names } from './graph-names.js';
import { lossOf } from './losses.js';
import type { Model } from './model.js';
import { createRowBuffers, fillRows, parameterTensors, type RowBuffers } from './tensors.js';
import type { EvaluationSums } from './trainer.js';

/** Examples evaluated at a time, unless their outputs are large. */
const BATCH = 250;

/** Outputs of one batch: a bound on memory, for vocabularies. */
const MAX_OUTPUTS = 4e6;

/** A loaded evaluation graph. */
export interface Evaluator {
  evaluate(params: Float32Array, examples: Examples): Promise<EvaluationSums>;
  release(): Promise<void>;
}

/** Compiles and loads the evaluation of `model`. */
export async function loadEvaluator(engine: Engine, model: Model, layout: Layout): Promise<Evaluator> {
  const { onnx, outputWidth } = compileEvaluation(model);
  const batch = Math.max(1, Math.min(BATCH, Math.floor(MAX_OUTPUTS / outputWidth)));
  const session = await engine.load(onnx);
  const values = new Float32Array(layout.size);
  const parameters = parameterTensors(engine, layout, values, (name) => name);
  const buffers = createRowBuffers(engine, model, batch);
  const results = createResults(engine, model, batch, outputWidth);
  const bindings = new Map<number, ReturnType<typeof bind>>();
  const bind = (rows: number) => ({
    inputs: { ...parameters, ...buffers.tensors(rows) } as Record<string, EngineTensor>,
    outputs: results.tensors(rows),
  });
  const bindingOf = (rows: number) => {
    const binding = bindings.get(rows) ?? bind(rows);
    bindings.set(rows, binding);
    return binding;
  };

  return {
    async evaluate(params, examples) {
      values.set(params);
      const tally = results.emptyTally();
      const { indices } = examples;
      for (let at = 0; at < indices.length; at += batch) {
        const rows = Math.min(batch, indices.length - at);
        fillRows(buffers, examples, indices, at, rows);
        const { inputs, outputs } = bindingOf(rows);
        await session.run(inputs, outputs);
        results.count(tally, buffers, rows);
        tally.exampleCount += rows;
      }
      return tally;
    },
    release: () => session.release(),
  };
}

/** Where a batch's results go, and what is counted of them. */
interface Results {
  emptyTally(): Tally;
  tensors(rows: number): Record<string, EngineTensor>;
  count(tally: Tally, buffers: RowBuffers, rows: number): void;
}

function createResults(engine: Engine, model: Model, batch: number, outputWidth: number): Results {
  const loss = engine.tensor(new Float32Array(1), []);
  const { task, ignoredLabel } = lossOf(model.loss);
  if (task === 'next-token') return createTokenResults(engine, loss);
  const output = new Float32Array(batch * outputWidth);
  const classification = task === 'classification';
  return {
    emptyTally: () => emptyTally(classification ? Math.max(outputWidth, 2) : 0),
    tensors: (rows) => ({
      [names.output]: engine.tensor(output.subarray(0, rows * outputWidth), [rows, outputWidth]),
      [names.lossSum]: loss,
    }),
    count(tally, { labels }, rows) {
      const made = output.subarray(0, rows * outputWidth);
      if (classification) countPredictions(tally, made, labels, rows, ignoredLabel);
      else countErrors(tally, made, labels);
      tally.lossSum += scalarOf(loss);
    },
  };
}

/** Counted in the graph: outputs of a whole vocabulary at each position never leave it. */
function createTokenResults(engine: Engine, loss: EngineTensor): Results {
  const [count, top1, top3] = [0, 0, 0].map(() => engine.tensor(new Float32Array(1), []));
  const tensors = {
    [names.lossSum]: loss,
    [names.labelCount]: count as EngineTensor,
    [names.top1]: top1 as EngineTensor,
    [names.top3]: top3 as EngineTensor,
  };
  return {
    emptyTally: () => emptyTally(0),
    tensors: () => tensors,
    count(tally) {
      addTokens(tally, { count: scalarOf(count), top1: scalarOf(top1), top3: scalarOf(top3) });
      tally.lossSum += scalarOf(loss);
    },
  };
}

function scalarOf(tensor: EngineTensor | undefined): number {
  return tensor?.data[0] ?? Number.NaN;
}
