/** Looks again and again at what there is to learn, while somebody looks at the page. */

import type { Joiner } from './joiner.js';
import { isAway, lookAtServer, offers } from './server.js';

const EVERY_MS = 3_000;
const ALONE_EVERY_MS = 5_000;
/** Who waits for an operator is not to ask more often. */
const PENDING_EVERY_MS = 10_000;

/** Through the participant of the tab that is seen: it may be told more than a stranger, and hears of newer models. */
let asker: Joiner | undefined;

export function askThrough(joiner: Joiner): void {
  asker = joiner;
}

/** Starts looking, for as long as the page lives. */
export async function keepLooking(): Promise<void> {
  for (;;) {
    if (document.visibilityState === 'hidden') await seen();
    await look();
    await new Promise((resolve) => setTimeout(resolve, pauseMs()));
  }
}

/** Once, now. */
async function look(): Promise<void> {
  if (!asker) return lookAtServer();
  try {
    offers.value = await (await asker.participant()).offers();
    isAway.value = false;
    asker.isPending.value = false;
  } catch (error) {
    isAway.value = (error as { code?: string }).code === 'transport';
  }
}

function pauseMs(): number {
  if (!asker) return ALONE_EVERY_MS;
  return asker.isPending.value ? PENDING_EVERY_MS : EVERY_MS;
}

function seen(): Promise<void> {
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true });
  });
}
