/** Makes a Worker's scope a participant's: called by the Worker's script, whichever file that is. */
import type { ChosenEngine, EngineOptions } from '../engine/engine-options.js';
import type { DeviceFacts } from './device-facts.js';
import { createLink, type MessageEnd } from './link.js';
import { createBreath, pacedEngine } from './paced-engine.js';
import type { WorkerSettings } from './settings.js';
import type { PageSide } from './talk.js';
import type { Locks } from './turn.js';
import { createHost } from './worker-host.js';

/** Serves the page that has started this Worker. */
export function serveParticipant(scope: MessageEnd): void {
  const { locks } = navigator as { readonly locks?: Locks };
  const mine = {
    open(settings: WorkerSettings, facts: DeviceFacts) {
      Object.assign(mine, createHost(page, { locks, chooseEngine }, settings, facts));
    },
  };
  const page = createLink<PageSide>(scope, mine);
}

async function chooseEngine(options: EngineOptions): Promise<ChosenEngine> {
  // Who only looks at the history needs none.
  const browser = await import('../engine/onnx-runtime-browser.js');
  const { engine, ...rest } = await browser.chooseEngine(options);
  return { engine: pacedEngine(engine, createBreath()), ...rest };
}
