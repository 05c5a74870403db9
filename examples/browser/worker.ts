/** The Worker: training happens here, so that the page stays free. */
import { type Progress, type TrainOptions, trainDigits } from './train-digits.js';

/** What the page hears from the Worker. */
export type WorkerMessage =
  | Progress
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly reason: string };

self.onmessage = async ({ data }: MessageEvent<TrainOptions>) => {
  const say = (message: WorkerMessage) => self.postMessage(message);
  try {
    await trainDigits(data, say);
    say({ type: 'done' });
  } catch (error) {
    say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
};
