/**
 * Training speed in a Worker of Chromium, on one thread and on two, beside Node on one, all in WebAssembly: examples
 * per second and per CPU-second, interleaved in one run.
 */
import type { Browser } from 'playwright-core';
import { serveExample } from '../examples/browser/serve.js';
import { type TrainOptions, trainDigits } from '../examples/browser/train-digits.js';
import { chromiumProgram, launchChromium } from '../test/helpers/chromium.js';
import { median, tableText } from './child.js';

const REPEATS = 5;
/** The least that Chromium must reach of Node. */
const LEAST = 0.5;

const works = [
  { model: '2nn', batchSize: 10, trainCount: 2000, epochs: 25 },
  { model: '2nn', batchSize: 64, trainCount: 1920, epochs: 25 },
  { model: 'cnn', batchSize: 10, trainCount: 100, epochs: 7 },
];

interface Speed {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Prints a table a model. */
export async function benchBrowser(): Promise<void> {
  if (!chromiumProgram) throw new Error('this bench needs Chromium');
  const server = await serveExample({ isolated: true, port: 0 });
  const browser = await launchChromium();
  try {
    for (const work of works) {
      const options: TrainOptions = { ...work, testCount: 1, engine: { kind: 'wasm', threads: 1 } };
      const node: Speed[] = [];
      const page: Speed[] = [];
      const threaded: Speed[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        node.push(await inNode(options));
        page.push(await inChromium(browser, server.url, options));
        const two = { ...options, engine: { ...options.engine, threads: 2 } };
        threaded.push(await inChromium(browser, server.url, two));
      }
      report(options, node, page, threaded);
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
  page.setDefaultTimeout(600_000);
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

function report(
  { model, batchSize }: TrainOptions,
  node: readonly Speed[],
  page: readonly Speed[],
  threaded: readonly Speed[],
): void {
  const cells = (name: string, speeds: readonly Speed[]) => [
    name,
    whole(median(speeds.map(({ perSecond }) => perSecond))),
    whole(median(speeds.map(({ perCpuSecond }) => perCpuSecond))),
  ];
  const ratios = page.map(({ perCpuSecond }, at) => perCpuSecond / (node[at]?.perCpuSecond ?? Number.NaN));
  const gains = threaded.map(({ perSecond }, at) => perSecond / (page[at]?.perSecond ?? Number.NaN));
  const ratio = median(ratios);
  const rows = [
    ['', 'examples/s', 'examples/CPU-s'],
    cells('Node', node),
    cells('Chromium, in a Worker', page),
    cells('Chromium, two threads', threaded),
  ];
  process.stdout.write(
    `\n${model}, batch ${batchSize}, WebAssembly, medians of ${REPEATS}\n${tableText(rows)}\n` +
      `Chromium / Node per CPU-second = ${rangeText(ratios)}, asked for: ${LEAST}: ` +
      `${ratio >= LEAST ? 'met' : 'MISSED'}\n` +
      `two threads / one per second = ${rangeText(gains)}\n`,
  );
}

function rangeText(values: readonly number[]): string {
  const range = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  return `${median(values).toFixed(2)} (${range})`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
