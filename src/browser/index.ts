/** `tessera/browser`: takes part in a federation from a tab, in a Worker of its own. */

import { defineElement } from './element/participant-element.js';
import { createParticipantWith, type Participant } from './participant.js';
import type { ParticipantOptions } from './settings.js';

export { RefusedError } from '../client/api.js';
export type { Approve, AskedWith, Decision } from '../client/approval.js';
export { type ClientEvent, describeEvent } from '../client/client-events.js';
export type { Acceptance } from '../client/governance.js';
export { describeProtection, describeUse, type Protection } from '../client/protection.js';
export type { ClientData } from '../client/rounds.js';
export type { Suggestion, Suggestions } from '../client/suggest.js';
export type { CsvOptions } from '../data/csv.js';
export type { Dataset } from '../data/dataset.js';
export type { EngineOptions } from '../engine/engine-options.js';
export type { Offer, TaskDefinition } from '../protocol/messages.js';
export type { ParticipantElement } from './element/participant-element.js';
export { createExampleStore, type ExampleStore, type KeptExample } from './example-store.js';
export { type BrowserExamples, type CsvExamples, examplesOfCsv, type TextExamples } from './examples.js';
export type { Participant } from './participant.js';
export type { ParticipantState, ParticipantStatus, Progress } from './participant-state.js';
export type { Contribution, RequestPurpose, RequestRecord } from './records.js';
export type { BrowserEligibility, ParticipantOptions } from './settings.js';
export type { LeaveOptions, Prediction } from './talk.js';
export { createTextStore, type KeptText, type TextStore } from './text-store.js';

/**
 * A participant of the federation of `options.server`; nothing is loaded or sent before it is asked for something.
 *
 * @throws {ConfigError} when an option is wrong.
 */
export function createParticipant(options: ParticipantOptions): Participant {
  return createParticipantWith(
    () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
    options,
  );
}

/**
 * Makes `<tessera-participant>` known to the page, or the same under another name; twice does no harm.
 *
 * @param tag with a hyphen in it, as custom elements have
 */
export function defineParticipantElement(tag = 'tessera-participant'): void {
  defineElement(createParticipant, tag);
}
