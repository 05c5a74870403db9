/** Runs steps whose batches are computed in parts: memory grows with the part, not with the batch. */
import type { Layout } from '../params/layout.js';
import { compilePart, compileUpdate, type PartGraph } from './compile-parts.js';
import type { Engine, EngineSession, EngineTensor } from './engine.js';
import { names } from './graph-names.js';
import type { Model } from './model.js';
import type { StepRunner } from './step-runner.js';
import { createMasks, createScalars, type MaskTensors } from './step-scalars.js';
import { type StatePair, stateTensors, trainedPart } from './step-state.js';
import { fillRows, parameterTensors, type RowBuffers } from './tensors.js';
import type { UpdateKind } from './update-kind.js';

type Tensors = Record<string, EngineTensor>;

/** The loaded graphs of parts and of updates, and two buffers for sums of gradients, which take turns. */
export interface LoadedParts {
  readonly update: UpdateKind;
  readonly part: EngineSession;
  readonly move: EngineSession;
  readonly masks: PartGraph['masks'];
  readonly countsLabels: boolean;
  readonly sums: readonly [Float32Array, Float32Array];
}

/** What a part of one size takes in: by the side of the parameters, then by that of the sums. */
interface PartInputs {
  readonly masks: MaskTensors;
  readonly from: readonly (readonly Tensors[])[];
}

/** Compiles and loads the graphs of steps in parts. */
export async function loadParts(
  engine: Engine,
  model: Model,
  layout: Layout,
  update: UpdateKind,
): Promise<LoadedParts> {
  const { onnx, masks, countsLabels } = await compilePart(model, update);
  const { examplesClipped: _, ...move } = update;
  return {
    update,
    part: await engine.load(onnx),
    move: await engine.load(compileUpdate(layout, move)),
    masks,
    countsLabels,
    sums: [new Float32Array(layout.size), new Float32Array(layout.size)],
  };
}

/** How many examples each part of a batch of `rows` has: all as many, but for the last. */
export function partSizes(rows: number, parts: number): number[] {
  const size = Math.ceil(rows / parts);
  return Array.from({ length: Math.ceil(rows / size) }, (_, part) => Math.min(size, rows - part * size));
}

/** Binds loaded graphs to buffers, for batches of `rows` examples in `parts` parts. */
export function bindParts(
  engine: Engine,
  layout: Layout,
  loaded: LoadedParts,
  pair: StatePair,
  rows: number,
  parts: number,
  buffers: RowBuffers,
): StepRunner {
  const { update, part, move, countsLabels, sums } = loaded;
  const { examplesClipped: _, ...moved } = update;
  const trained = trainedPart(layout);
  const scalars = createScalars(engine, moved);
  const bound = engine.tensor(new Float32Array(1), []);
  const [loss, count] = [engine.tensor(new Float32Array(1), []), engine.tensor(new Float32Array(1), [])];
  const sizes = partSizes(rows, parts);
  const sumInputs = sums.map((values) => parameterTensors(engine, trained, values, names.sum));
  const sumOutputs = sums.map(
    (values): Tensors => ({
      ...parameterTensors(engine, trained, values, (name) => names.next(names.sum(name))),
      [names.lossSum]: loss,
      ...(countsLabels ? { [names.labelCount]: count } : {}),
    }),
  );
  const partInputs = new Map<number, PartInputs>(
    [...new Set(sizes)].map((size) => {
      const masks = createMasks(engine, loaded.masks, size);
      const common = {
        ...buffers.tensors(size),
        ...masks.tensors,
        ...(update.examplesClipped ? { [names.exampleClippingNorm]: bound } : {}),
      };
      const from = pair.states.map(({ params }) => {
        const own = parameterTensors(engine, trained, params, (name) => name);
        return sumInputs.map((sum): Tensors => ({ ...common, ...own, ...sum }));
      });
      return [size, { masks, from }] as const;
    }),
  );
  const pulls = update.pulled ? parameterTensors(engine, trained, pair.pull, names.pull) : {};
  const own = { ...layout, entries: trained.entries };
  const from = pair.states.map((state) => {
    const current = stateTensors(engine, own, state, pair.names, (name) => name);
    return sumInputs.map((sum): Tensors => ({ ...current, ...sum, ...scalars.tensors, ...pulls }));
  });
  const into = pair.states.map((state) => stateTensors(engine, own, state, pair.names, names.next));
  return {
    async run(examples, order, at, settings, random) {
      const { side } = pair;
      bound.data[0] = settings.exampleClippingNorm ?? 0;
      let sumSide = 0;
      sums[0].fill(0);
      let [lossSum, labels, done] = [0, 0, 0];
      for (const size of sizes) {
        const { masks, from: inputs } = partInputs.get(size) as PartInputs;
        fillRows(buffers, examples, order, at + done, size);
        masks.draw(random);
        await part.run(inputs[side]?.[sumSide] as Tensors, sumOutputs[1 - sumSide] as Tensors);
        sumSide = 1 - sumSide;
        lossSum += loss.data[0] ?? Number.NaN;
        labels += countsLabels ? (count.data[0] ?? Number.NaN) : size;
        done += size;
      }
      const mean = 1 / Math.max(labels, 1);
      scalars.set(settings, update.examplesClipped ? 1 / rows : mean);
      await move.run(from[side]?.[sumSide] as Tensors, into[1 - side] as Tensors);
      pair.swap();
      return lossSum * mean;
    },
  };
}
