/** The Worker of a tab's participant: does everything that is not showing. */
import type { MessageEnd } from '../../../../src/browser/link.js';
import { serveParticipant } from '../../../../src/browser/worker-scope.js';

serveParticipant(globalThis as unknown as MessageEnd);
