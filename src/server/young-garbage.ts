/**
 * Frees the memory of what was read soon.
 *
 * Node gives every chunk of a body memory outside of V8's heap, which V8 counts towards its next collection of the
 * whole heap: one for each 15 MB that come in, measured, a third of the server's time. Chunks die young, and a
 * collection of the young alone, which takes a fraction of that, frees them (`npm run bench -- network`).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** From one collection to the next. */
const READ_BYTES = 4 * 2 ** 20;

type Collect = (options: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;
/** The garbage is that of the process, whatever servers it has. */
let readBytes = 0;

/** Notes that so many bytes have been read and are of no use any more. */
export function noteRead(bytes: number): void {
  readBytes += bytes;
  if (readBytes < READ_BYTES) return;
  readBytes = 0;
  collect ??= findCollect();
  collect({ type: 'minor' });
}

/** V8's own function, which it shows to contexts that are made while the flag is set; one without effect elsewhere. */
function findCollect(): Collect {
  setFlagsFromString('--expose-gc');
  const found: Collect | undefined = runInNewContext("typeof gc === 'function' ? gc : undefined");
  setFlagsFromString('--no-expose-gc');
  return found ?? (() => {});
}
