/** A server's runs as they go: a line a round; of several at once each line says whose it is. */
import type { RunEvent, RunStarted } from '../round/run-events.js';
import { createLiveView, type LiveView } from './terminal/live-view.js';
import type { OutputStream } from './terminal/status-block.js';

/** Feed it the events of all runs. */
export interface ServeView {
  onEvent(runId: string, event: RunEvent): void;
  /** What a run that goes on had said at its start. */
  remember(started: RunStarted): void;
}

export function createServeView(
  stream: OutputStream,
  options: { readonly color: boolean; readonly unicode: boolean },
): ServeView {
  const views = new Map<string, LiveView>();
  const starts = new Map<string, RunStarted>();

  const open = (runId: string): LiveView => {
    const write = (text: string) => {
      const own = views.size > 1 ? text.replace(/^(?=.)/gm, `${runId}  `) : text;
      stream.write(own);
    };
    // Without what a terminal redraws: other lines of the server may come at any time.
    const view = createLiveView({ write, ...(stream.columns ? { columns: stream.columns } : {}) }, options);
    views.set(runId, view);
    return view;
  };
  return {
    remember: (started) => void starts.set(started.runId, started),
    onEvent(runId, event) {
      const known = views.get(runId);
      const view = known ?? open(runId);
      const started = starts.get(runId);
      if (!known && started && event.type === 'run-resumed') view.onEvent(started);
      view.onEvent(event);
      if (event.type !== 'run-finished') return;
      stream.write(`${runId} has ended after round ${event.rounds}: ${event.reason}\n`);
      view.end();
      views.delete(runId);
    },
  };
}
