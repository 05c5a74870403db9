/** Saves what the server sends: a link could not carry the token. */
import { request } from '../state/api.js';

/** @throws {TransportError | RefusedError} when it does not come. */
export async function download(path: string, name: string): Promise<void> {
  const response = await request(path);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to save it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
