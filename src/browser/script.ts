/**
 * The file for a script tag, `tessera-participant.js`, a module: in a page it gives `tessera` and the element, in the Worker
 * that it starts from itself it is the participant's Worker.
 */
import { describeEvent } from '../client/client-events.js';
import { describeProtection, describeUse } from '../client/protection.js';
import { defineElement } from './element/participant-element.js';
import { createExampleStore } from './example-store.js';
import { examplesOfCsv } from './examples.js';
import type { MessageEnd } from './link.js';
import { createParticipantWith, type Participant } from './participant.js';
import type { ParticipantOptions } from './settings.js';
import { createTextStore } from './text-store.js';
import { serveParticipant } from './worker-scope.js';

function createParticipant(options: ParticipantOptions): Participant {
  return createParticipantWith(() => new Worker(import.meta.url, { type: 'module' }), options);
}

if ('document' in globalThis) {
  const tessera = {
    ...{ createParticipant, createExampleStore, createTextStore, examplesOfCsv },
    ...{ describeEvent, describeProtection, describeUse },
  };
  Object.assign(globalThis, { tessera });
  defineElement(createParticipant, 'tessera-participant');
} else {
  serveParticipant(globalThis as unknown as MessageEnd);
}
