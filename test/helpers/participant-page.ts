/** A page with a participant, as a test drives it. */
import type { Page } from 'playwright-core';
import type { Participant, ParticipantState } from '../../src/browser/index.js';

/** What the page has at hand: see `startParticipant`. */
export interface ParticipantWindow {
  readonly tessera: typeof import('../../src/browser/index.js');
  readonly violations: readonly string[];
  participant: Participant;
  /** Every state that was shown. */
  states: ParticipantState[];
}

/** Digits as plain numbers, to be carried into a page. */
export interface CarriedDigits {
  readonly features: readonly number[];
  readonly labels: readonly number[];
}

/** Makes a participant in the page on these digits, and starts it. */
export async function startParticipant(
  page: Page,
  digits: CarriedDigits,
  options: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await page.evaluate(
    async ({ digits: { features, labels }, options: given }) => {
      const own = globalThis as unknown as ParticipantWindow;
      const dataset = {
        ...({ name: 'digits', task: 'classification' } as const),
        ...{ count: labels.length, featureShape: [1, 28, 28] },
        ...{ features: Float32Array.from(features), labels: Float32Array.from(labels) },
        classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      };
      own.states = [];
      own.participant = own.tessera.createParticipant({ examples: dataset, ...given });
      own.participant.subscribe((state) => own.states.push(state));
      await own.participant.start();
    },
    { digits, options },
  );
}

/** Waits until the page has shown such a state. */
export async function shown(page: Page, some: Partial<ParticipantState>, timeout = 60_000): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      (globalThis as unknown as ParticipantWindow).states?.some((state) =>
        Object.entries(wanted).every(
          ([name, value]) => JSON.stringify(state[name as keyof ParticipantState]) === JSON.stringify(value),
        ),
      ),
    some,
    { timeout },
  );
}

/** The state now. */
export function stateOf(page: Page): Promise<ParticipantState> {
  return page.evaluate(() => (globalThis as unknown as ParticipantWindow).participant.state);
}

/** What the page's policy has refused so far. */
export function violationsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (globalThis as unknown as ParticipantWindow).violations);
}
