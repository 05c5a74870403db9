/** The page: starts the Worker and shows what it says. */
import type { TrainOptions } from './train-digits.js';
import type { WorkerMessage } from './worker.js';

const EPOCHS = 30;

const options: TrainOptions = {
  engine: { wasmPaths: new URL('ort/', document.baseURI).href },
  model: '2nn',
  trainCount: 2000,
  testCount: 1000,
  epochs: EPOCHS,
  batchSize: 10,
};

const element = <T extends Element>(id: string) => document.querySelector(`#${id}`) as T;
const show = (id: string, text: string) => {
  element(id).textContent = text;
};
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onerror = ({ message }) => show('status', `The Worker failed: ${message}`);
worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
  switch (data.type) {
    case 'ready':
      show('engine', data.engineName);
      show('notice', data.notice ?? '');
      show('status', 'Training on this device. Nothing leaves it.');
      break;
    case 'epoch':
      element<HTMLProgressElement>('progress').value = data.epoch / EPOCHS;
      show('epoch', `${data.epoch} of ${EPOCHS}`);
      show('loss', data.loss.toFixed(4));
      show('accuracy', percent(data.accuracy));
      show('speed', `${Math.round(data.examplesPerSecond).toLocaleString('en')} / s`);
      draw('loss-line', data.epoch, Math.min(1, data.loss));
      draw('accuracy-line', data.epoch, data.accuracy);
      break;
    case 'done':
      show('status', 'Done. Everything you saw was learned in this tab.');
      break;
    case 'failed':
      show('status', `This device cannot train: ${data.reason}`);
      break;
    default:
      data satisfies never;
  }
};
worker.postMessage(options);

/** Adds a point to a line of the chart: `share` of its height, at `epoch`. */
function draw(id: string, epoch: number, share: number): void {
  const line = element<SVGPolylineElement>(id);
  const x = ((epoch - 1) / (EPOCHS - 1)) * 600;
  line.setAttribute(
    'points',
    `${line.getAttribute('points') ?? ''} ${x.toFixed(1)},${(200 * (1 - share)).toFixed(1)}`,
  );
}
