/** Training in a real browser: in a Worker and in the page, with and without threads, on WASM and on WebGPU. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveExample } from '../../examples/browser/serve.js';
import { type Progress, type TrainOptions, trainDigits } from '../../examples/browser/train-digits.js';
import type { WorkerMessage } from '../../examples/browser/worker.js';
import { describeInChromium } from '../helpers/browser.js';
import { longestTaskMs } from '../helpers/longest-task.js';

type Server = Awaited<ReturnType<typeof serveExample>>;

const options: TrainOptions = {
  engine: {},
  model: '2nn',
  trainCount: 500,
  testCount: 100,
  epochs: 4,
  batchSize: 10,
};

let plain: Server;
let isolated: Server;
let inNode: number[];
beforeAll(async () => {
  [plain, isolated] = (await Promise.all(
    [false, true].map((isolate) => serveExample({ isolated: isolate, port: 0 })),
  )) as [Server, Server];
  inNode = lossesOf(await trainInNode(options));
});
afterAll(() => Promise.all([plain.close(), isolated.close()]));

async function trainInNode(what: TrainOptions): Promise<Progress[]> {
  const heard: Progress[] = [];
  await trainDigits({ ...what, engine: { kind: 'wasm' } }, (progress) => void heard.push(progress));
  return heard;
}

/** Trains in a Worker of the page; gives all it said. */
function trainInWorker(page: Page, what: TrainOptions): Promise<WorkerMessage[]> {
  return page.evaluate(
    ({ base, ...rest }) =>
      new Promise<WorkerMessage[]>((resolve, reject) => {
        const heard: WorkerMessage[] = [];
        const worker = new Worker(`${base}worker.js`, { type: 'module' });
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data }) => {
          heard.push(data as WorkerMessage);
          if (data.type === 'done' || data.type === 'failed') resolve(heard);
        };
        worker.postMessage(rest);
      }),
    withRuntime(page, what),
  );
}

/** Trains in the page itself. As a text: the import is the page's, not that of the tests. */
function trainInPage(page: Page, what: TrainOptions): Promise<Progress[]> {
  return page.evaluate(`(async () => {
    const { trainDigits } = await import('/train-digits.js');
    const heard = [];
    await trainDigits(${JSON.stringify(withRuntime(page, what))}, (progress) => heard.push(progress));
    return heard;
  })()`);
}

function withRuntime(page: Page, { engine, ...rest }: TrainOptions) {
  const base = new URL('/', page.url()).href;
  return { ...rest, base, engine: { ...engine, wasmPaths: `${base}ort/` } };
}

function lossesOf(heard: readonly WorkerMessage[]): number[] {
  return heard.flatMap((each) => (each.type === 'epoch' ? [each.loss] : []));
}

function readyOf(heard: readonly WorkerMessage[]) {
  const failed = heard.find((each) => each.type === 'failed');
  if (failed) throw new Error(failed.reason);
  return heard.find((each) => each.type === 'ready');
}

/** Losses that fall and are those of Node's WASM. */
function expectSameTraining(heard: readonly WorkerMessage[]): void {
  const losses = lossesOf(heard);
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
  expectClose(losses, inNode);
}

/** Equal within 1e-5 of each. */
function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries()) {
    expect(Math.abs((got[at] ?? Number.NaN) / value - 1)).toBeLessThan(1e-5);
  }
}

describeInChromium('a page in Chromium', [], (open) => {
  it('trains in a Worker as Node does, step by step the same losses', async () => {
    const page = await open(plain.url);
    const heard = await trainInWorker(page, options);
    expect(readyOf(heard)).toMatchObject({ engineName: expect.stringMatching(/\(wasm\)$/) as string });
    expect(readyOf(heard)?.notice).toBeUndefined();
    expectSameTraining(heard);
  });

  // Beside other work on both cores a task once took 56 ms of processor time: one of three times without any is enough.
  it('stays responsive while a Worker trains: no task over 50 ms', { retry: 2 }, async () => {
    const page = await open(`${plain.url}train-digits.js`);
    await page.evaluate(() => {
      const heart = { beats: 0 };
      setInterval(() => heart.beats++, 10);
      Object.assign(globalThis, { heart });
    });
    const longest = await longestTaskMs(page, async () => {
      const heard = await trainInWorker(page, { ...options, epochs: 40 });
      expect(lossesOf(heard)).toHaveLength(40);
    });
    expect(longest).toBeLessThan(50);
    expect(await page.evaluate('heart.beats')).toBeGreaterThan(20);
  });

  it('trains without a Worker too, in a page whose long tasks are seen', async () => {
    const page = await open(`${plain.url}train-digits.js`);
    const longest = await longestTaskMs(page, async () => {
      expectSameTraining(await trainInPage(page, options));
      // How long those of the training are is up to the machine.
      await page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            setTimeout(() => {
              for (const end = performance.now() + 300; performance.now() < end; );
              resolve();
            });
          }),
      );
    });
    expect(longest).toBeGreaterThan(50);
  });

  it('trains on two threads where it is cross-origin isolated, to the same losses', async () => {
    const page = await open(isolated.url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const heard = await trainInWorker(page, { ...options, engine: { threads: 2 } });
    expect(readyOf(heard)).toMatchObject({
      engineName: expect.stringContaining('(wasm, 2 threads)') as string,
    });
    expectSameTraining(heard);
  });

  it('trains on one thread where it is not cross-origin isolated, whatever is asked for', async () => {
    const page = await open(plain.url);
    const heard = await trainInWorker(page, { ...options, epochs: 1, engine: { threads: 2 } });
    expect(readyOf(heard)).toMatchObject({ engineName: expect.stringMatching(/\(wasm\)$/) as string });
  });

  it('falls back to one thread where threads do not start, and says so', async () => {
    const page = await open(`${isolated.url}train-digits.js`, (fresh) =>
      fresh.addInitScript(() => {
        globalThis.Worker = class {
          postMessage() {}
          terminate() {}
          addEventListener() {}
        } as never;
      }),
    );
    const heard = await trainInPage(page, { ...options, engine: { threads: 2, timeoutMs: 10_000 } });
    expect(readyOf(heard)?.notice).toBe(
      'WebAssembly on 2 threads cannot be used (no answer within 10000 ms): training runs in WebAssembly on one thread',
    );
    expectSameTraining(heard);
  });

  it('declines where the files of ONNX Runtime are not where it is told, and says so', async () => {
    const page = await open(plain.url);
    const heard = await page.evaluate(
      (what) =>
        new Promise((resolve) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(what);
        }),
      { ...options, engine: { wasmPaths: `${plain.url}nowhere/` } },
    );
    expect(heard).toMatchObject({
      type: 'failed',
      reason: expect.stringMatching(
        /^this device must have an engine that passes the self-test, got: WebAssembly cannot be used \(/,
      ) as string,
    });
  });

  it('declines WebGPU where there is none, and takes no native engine', async () => {
    const page = await open(plain.url);
    for (const kind of ['webgpu', 'native'] as const) {
      const heard = await trainInWorker(page, { ...options, engine: { kind } });
      expect(heard.at(-1)).toMatchObject({ type: 'failed' });
    }
  });

  it('shows the training of the example', { timeout: 300_000 }, async () => {
    const errors: string[] = [];
    const page = await open(isolated.url, async (fresh) => {
      fresh.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    });
    await page.waitForFunction(
      () => document.querySelector('#status')?.textContent?.startsWith('Done'),
      null,
      {
        timeout: 280_000,
      },
    );
    expect(await page.textContent('#epoch')).toBe('30 of 30');
    expect(Number.parseFloat((await page.textContent('#accuracy')) ?? '')).toBeGreaterThan(90);
    expect(await page.getAttribute('#loss-line', 'points')).toMatch(/^( [\d.]+,[\d.]+){30}$/);
    expect(errors).toEqual([]);
  });
});

describeInChromium(
  'a page in Chromium with WebGPU in software',
  ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  (open) => {
    it('trains on WebGPU where that is asked for, to the losses of WASM', { timeout: 400_000 }, async () => {
      const page = await open(plain.url);
      const less = { ...options, model: 'logistic', trainCount: 100, epochs: 2 };
      const heard = await trainInWorker(page, { ...less, engine: { kind: 'webgpu', timeoutMs: 300_000 } });
      expect(readyOf(heard)).toMatchObject({ engineName: expect.stringContaining('(webgpu)') as string });
      expectClose(lossesOf(heard), lossesOf(await trainInNode(less)));
    });

    it('takes WASM by itself: a graphics processor in software is slower', async () => {
      const page = await open(plain.url);
      const heard = await trainInWorker(page, { ...options, epochs: 1 });
      expect(readyOf(heard)).toMatchObject({ engineName: expect.stringContaining('(wasm') as string });
    });
  },
);
