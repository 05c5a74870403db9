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

// A page that names the file in two ways, as with a query, loads it twice: only the first counts.
const KNOWN = Symbol.for('tessera participant');
const isFirst = !Object.hasOwn(globalThis, KNOWN);
Object.defineProperty(globalThis, KNOWN, { value: true, configurable: true });

if (!isFirst) {
  // Its functions are there for the parts that it has loaded.
} else if ('document' in globalThis) {
  const tessera = {
    ...{ createParticipant, createExampleStore, createTextStore, examplesOfCsv },
    ...{ describeEvent, describeProtection, describeUse },
  };
  Object.assign(globalThis, { tessera });
  defineElement(createParticipant, 'tessera-participant');
} else {
  serveParticipant(globalThis as unknown as MessageEnd);
}
