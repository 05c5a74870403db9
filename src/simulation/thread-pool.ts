/** A training pool on worker threads. Data, models and updates lie in shared memory. */
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Dataset, Examples } from '../data/dataset.js';
import { ConfigError, FederatedError, ShapeError, TransportError } from '../errors.js';
import type { EvaluationSums } from '../learn/trainer.js';
import type { TrainerSource } from '../trainers/create-trainer.js';
import type { ExamplesReference, Reply, Request, ThreadStart } from './messages.js';
import type { TrainingPool, TrainOutcome } from './pool.js';

/** Options of `createThreadPool`; `datasets` have their arrays on shared memory. */
export interface ThreadPoolOptions {
  readonly datasets: readonly [Dataset, ...Dataset[]];
  readonly source: TrainerSource;
  readonly threads: number;
}

/** How long WASM, or a trainer of the user's, may go on once the pool is closed. */
const GRACE_MS = 1000;

type Unsent = Request extends infer Each ? (Each extends Request ? Omit<Each, 'id'> : never) : never;
type Ready = Reply & { type: 'ready' };

interface Job {
  readonly request: Unsent;
  readonly onStart?: (() => void) | undefined;
  resolve(value: TrainOutcome | EvaluationSums | undefined): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  /** Told when the job is done. */
  onIdle?: () => void;
}

/**
 * Starts the threads and waits until all can train.
 *
 * @throws {ConfigError} or {ShapeError} when the model does not fit the data or the trainer cannot be made.
 */
export async function createThreadPool({
  datasets,
  source,
  threads,
}: ThreadPoolOptions): Promise<TrainingPool> {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let start: ThreadStart = { datasets, source, stop };
  const waiting: Job[] = [];
  const crew: Thread[] = [];
  let native = false;
  let closing: Promise<void> | undefined;
  let broken: Error | undefined;
  let nextId = 0;

  const dispatch = (thread: Thread) => {
    const job = thread.job ? undefined : waiting.shift();
    if (!job) return;
    thread.job = job;
    job.onStart?.();
    thread.worker.postMessage({ ...job.request, id: nextId++ });
  };
  const settle = (thread: Thread, act: (job: Job) => void) => {
    const { job } = thread;
    thread.job = null;
    if (job) act(job);
    thread.onIdle?.();
    dispatch(thread);
  };
  const startThread = async (): Promise<{ thread: Thread; ready: Ready }> => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: start });
    const ready = await new Promise<Ready>((resolve, reject) => {
      worker.once('message', (reply: Reply) => {
        if (reply.type === 'ready') resolve(reply);
        else reject(reply.type === 'failed' ? errorOf(reply) : new TransportError('a thread did not start'));
      });
      worker.once('error', reject);
      worker.once('exit', (code) =>
        reject(new TransportError(`a thread did not start: it exited with code ${code}`)),
      );
    });
    const thread: Thread = { worker, job: null };
    worker.on('message', (reply: Reply) => {
      if (reply.type === 'done') settle(thread, (job) => job.resolve(reply.value));
      if (reply.type === 'failed') settle(thread, (job) => job.reject(errorOf(reply)));
    });
    worker.on('error', (cause) => replace(thread, cause));
    worker.on('exit', (code) => replace(thread, new Error(`it exited with code ${code}`)));
    return { thread, ready };
  };
  /** A thread that died costs the client it served its round, and nobody else anything. */
  const replace = (dead: Thread, cause: Error) => {
    const place = crew.indexOf(dead);
    dead.onIdle?.();
    if (closing || place < 0) return;
    crew.splice(place, 1);
    const lost = new TransportError(`a training thread died: ${cause.message}`, { cause });
    dead.job?.reject(lost);
    startThread().then(
      ({ thread }) => {
        if (closing) return void thread.worker.terminate();
        crew.push(thread);
        dispatch(thread);
      },
      () => {
        if (crew.length > 0) return;
        broken = lost;
        rejectAll(lost);
      },
    );
  };
  const rejectAll = (error: Error) => {
    for (const job of waiting.splice(0)) job.reject(error);
  };
  const submit = (request: Unsent, onStart?: () => void) =>
    new Promise<TrainOutcome | EvaluationSums | undefined>((resolve, reject) => {
      if (closing) return reject(new TransportError('the pool is closed'));
      if (broken) return reject(broken);
      waiting.push({ request, onStart, resolve, reject });
      const idle = crew.find((thread) => thread.job === null);
      if (idle) dispatch(idle);
    });
  const reference = ({ dataset, indices }: Examples): ExamplesReference => ({
    dataset: datasets.indexOf(dataset),
    indices,
  });
  /** Ends a thread when its job is done: ended in the middle, native code would take the process with it. */
  const retire = async (thread: Thread) => {
    const { job, worker } = thread;
    if (job) {
      job.reject(new TransportError('the pool is closed'));
      const idle = new Promise<void>((resolve) => {
        thread.onIdle = resolve;
      });
      await (native ? idle : Promise.race([idle, delay(GRACE_MS)]));
    }
    await worker.terminate();
  };
  const close = () => {
    closing ??= (async () => {
      Atomics.store(stop, 0, 1);
      rejectAll(new TransportError('the pool is closed'));
      await Promise.all(crew.map(retire));
    })();
    return closing;
  };

  if (threads < 1) throw new ConfigError(`threads must be at least 1, got ${threads}`);
  const { thread, ready } = await startThread();
  crew.push(thread);
  const { engineKind } = ready;
  native = engineKind === 'native';
  // The first has chosen and tested the engine for all: with two engines, equal seeds would not give equal bytes.
  if (source.type === 'model' && engineKind) {
    start = { ...start, source: { ...source, engine: { kind: engineKind, selfTest: false } } };
  }
  const others = await Promise.allSettled(Array.from({ length: threads - 1 }, startThread));
  for (const outcome of others) if (outcome.status === 'fulfilled') crew.push(outcome.value.thread);
  const failed = others.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }

  return {
    layout: ready.layout,
    engineName: ready.engineName,
    ...(ready.notice === undefined ? {} : { notice: ready.notice }),
    threads,
    get broken() {
      return broken;
    },
    allocate: () =>
      new Float32Array(new SharedArrayBuffer(ready.layout.size * Float32Array.BYTES_PER_ELEMENT)),
    async initialParams(seed, out) {
      await submit({ type: 'initial', seed, out });
    },
    async train({ params, examples, work, seed, reports, local }, out, onStart) {
      const request = {
        type: 'train',
        params,
        out,
        examples: reference(examples),
        work,
        seed,
        reports,
        local,
      } as const;
      return (await submit(request, onStart)) as TrainOutcome;
    },
    async evaluate(params, examples, local) {
      const request = { type: 'evaluate', params, examples: reference(examples), local } as const;
      return (await submit(request)) as EvaluationSums;
    },
    close,
  };
}

function errorOf({ code, message }: Reply & { type: 'failed' }): Error {
  if (code === 'config') return new ConfigError(message);
  if (code === 'shape') return new ShapeError(message);
  return new FederatedError(code, message);
}
