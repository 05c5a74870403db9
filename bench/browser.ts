/**
 * Training speed in a Worker of Chromium beside Node, both in WebAssembly on one thread: examples per second and per
 * CPU-second, interleaved in one run.
 */
import type { Browser } from 'playwright-core';
import { serveExample } from '../examples/browser/serve.js';
import { type TrainOptions, trainDigits } from '../examples/browser/train-digits.js';
import { chromiumProgram, launchChromium } from '../test/helpers/chromium.js';
import { median, tableText } from './child.js';

const REPEATS = 5;
/** The least that Chromium must reach of Node. */
const LEAST = 0.5;

const work: Readonly<Record<string, { trainCount: number; epochs: number }>> = {
  '2nn': { trainCount: 2000, epochs: 25 },
  cnn: { trainCount: 100, epochs: 7 },
};

interface Speed {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Prints a table a model. */
export async function benchBrowser(): Promise<void> {
  if (!chromiumProgram) throw new Error('this bench needs Chromium');
  const server = await serveExample({ isolated: false, port: 0 });
  const browser = await launchChromium();
  try {
    for (const [model, sizes] of Object.entries(work)) {
      const options: TrainOptions = { ...sizes, model, testCount: 1, engine: { kind: 'wasm' } };
      const node: Speed[] = [];
      const page: Speed[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        node.push(await inNode(options));
        page.push(await inChromium(browser, server.url, options));
      }
      report(model, node, page);
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The first epoch compiles; it is not counted. */
async function inNode(options: TrainOptions): Promise<Speed> {
  let started = { wall: 0, cpu: process.cpuUsage() };
  await trainDigits(options, (progress) => {
    if (progress.type === 'epoch' && progress.epoch === 1) {
      started = { wall: performance.now(), cpu: process.cpuUsage() };
    }
  });
  const { user, system } = process.cpuUsage(started.cpu);
  return speed(options, (performance.now() - started.wall) / 1000, (user + system) / 1e6);
}

async function inChromium(browser: Browser, url: string, options: TrainOptions): Promise<Speed> {
  const page = await browser.newPage();
  const inspector = await browser.newBrowserCDPSession();
  const cpuSeconds = async () => {
    const { processInfo } = await inspector.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  await page.goto(`${url}train-digits.js`);
  const asked = { ...options, engine: { ...options.engine, wasmPaths: `${url}ort/` } };
  await page.evaluate(`globalThis.heard = [];
    const worker = new Worker('/worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => heard.push(data);
    worker.postMessage(${JSON.stringify(asked)});`);
  await page.waitForFunction("heard.some(({ type, epoch }) => epoch === 1 || type === 'failed')");
  const started = { wall: performance.now(), cpu: await cpuSeconds() };
  await page.waitForFunction("heard.some(({ type }) => type === 'done' || type === 'failed')");
  const measured = speed(
    options,
    (performance.now() - started.wall) / 1000,
    (await cpuSeconds()) - started.cpu,
  );
  const epochs = await page.evaluate("heard.filter(({ type }) => type === 'epoch').length");
  await page.close();
  if (epochs !== options.epochs) throw new Error('the page did not train to the end');
  return measured;
}

function speed({ trainCount, epochs }: TrainOptions, wallSeconds: number, cpuSeconds: number): Speed {
  const examples = trainCount * (epochs - 1);
  return { perSecond: examples / wallSeconds, perCpuSecond: examples / cpuSeconds };
}

function report(model: string, node: readonly Speed[], page: readonly Speed[]): void {
  const cells = (name: string, speeds: readonly Speed[]) => [
    name,
    whole(median(speeds.map(({ perSecond }) => perSecond))),
    whole(median(speeds.map(({ perCpuSecond }) => perCpuSecond))),
  ];
  const ratios = page.map(({ perCpuSecond }, at) => perCpuSecond / (node[at]?.perCpuSecond ?? Number.NaN));
  const ratio = median(ratios);
  const header = ['', 'examples/s', 'examples/CPU-s'];
  process.stdout.write(
    `\n${model}, batch 10, WebAssembly, one thread, medians of ${REPEATS}\n` +
      `${tableText([header, cells('Node', node), cells('Chromium, in a Worker', page)])}\n` +
      `Chromium / Node per CPU-second = ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ` +
      `${Math.max(...ratios).toFixed(2)}), asked for: ${LEAST}: ${ratio >= LEAST ? 'met' : 'MISSED'}\n`,
  );
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
