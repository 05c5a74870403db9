/** The Worker's script, as a module: bundlers find it by `new URL('./worker.js', import.meta.url)`. */
import type { MessageEnd } from './link.js';
import { serveParticipant } from './worker-scope.js';

serveParticipant(globalThis as unknown as MessageEnd);
