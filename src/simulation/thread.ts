/** The code of one simulation thread: takes requests one at a time and answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { runEvaluationTask, runTrainTask } from '../client/train-task.js';
import type { Examples } from '../data/dataset.js';
import { FederatedError } from '../errors.js';
import { createTrainer } from '../trainers/create-trainer.js';
import type { ExamplesReference, Reply, Request, ThreadStart } from './messages.js';

const { datasets, source, stop } = workerData as ThreadStart;
const say = (reply: Reply) => parentPort?.postMessage(reply);

function examplesOf({ dataset, indices }: ExamplesReference): Examples {
  const found = datasets[dataset];
  if (!found) throw new RangeError(`no data set has the place ${dataset}`);
  return { dataset: found, indices };
}

function failure(id: number | null, error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', id, code: error instanceof FederatedError ? error.code : 'other', message };
}

async function main(): Promise<void> {
  const { trainer, engineName, engineKind, notice } = await createTrainer(
    source,
    datasets[0],
    () => Atomics.load(stop, 0) !== 0,
  );
  const answer = async (request: Request) => {
    if (request.type === 'initial') {
      await trainer.initialParams(request.seed, request.out);
      return undefined;
    }
    const examples = examplesOf(request.examples);
    if (request.type === 'evaluate') {
      return runEvaluationTask(trainer, request.params, examples, request.local);
    }
    const started = performance.now();
    const result = await runTrainTask(trainer, { ...request, examples }, request.out);
    return { result, trainMs: performance.now() - started };
  };
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (request: Request) => {
    last = last.then(async () => {
      try {
        say({ type: 'done', id: request.id, value: await answer(request) });
      } catch (error) {
        say(failure(request.id, error));
      }
    });
  });
  say({ type: 'ready', layout: trainer.layout, engineName, engineKind, notice });
}

main().catch((error) => say(failure(null, error)));
