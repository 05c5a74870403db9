/** The address of a server, checked once. */
import { ConfigError } from '../errors.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host, written as a URL has it, is this machine: nothing that is sent there leaves it. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * The origin of a server.
 *
 * @param allowPlain accept `http:` to other machines too: then anybody on the way can read the updates and models
 * @throws {ConfigError} when it is no HTTP address, or unencrypted and not on this machine.
 */
export function serverUrl(text: string, allowPlain: boolean): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ConfigError(`server must be an address like https://example.org, got "${text}"`, { cause });
  }
  const { protocol, hostname, pathname, search, username } = url;
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new ConfigError(`server must be an http or https address, got "${text}"`);
  }
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new ConfigError(`server must be an address without path, query and name, got "${text}"`);
  }
  if (protocol === 'http:' && !allowPlain && !isLoopback(hostname)) {
    throw new ConfigError(
      `server must be an https address, since on plain http anybody on the way reads models and updates, got "${text}"`,
    );
  }
  return url;
}
