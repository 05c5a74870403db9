/** What a Worker gives a client: `fetch`, WebCrypto, and what the page sees of the device. */
import { type BrowserScope, createBrowserProbe } from '../client/browser-probe.js';
import type { DeviceProbe } from '../client/eligibility.js';
import type { Transport } from '../client/transport.js';
import { ConfigError } from '../errors.js';
import type { Signer } from '../protocol/signer.js';
import type { DeviceFacts } from './device-facts.js';

/** What is the same for every request from here. */
export const workerBasics = {
  now: Date.now,
  random: Math.random,
  randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  sha256: async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)),
} as const;

/** The probe of a Worker: what it sees itself, and the page's facts. */
export function createWorkerProbe(facts: () => DeviceFacts): DeviceProbe {
  const { navigator, IdleDetector } = globalThis as BrowserScope;
  const scope = (): BrowserScope => {
    const { visibility, charging } = facts();
    return {
      document: { visibilityState: visibility },
      // What a browser has are getters of its own object, which a copy would lose.
      navigator: {
        ...(navigator?.connection ? { connection: navigator.connection } : {}),
        ...(navigator?.deviceMemory === undefined ? {} : { deviceMemory: navigator.deviceMemory }),
        ...(navigator?.permissions ? { permissions: navigator.permissions } : {}),
        ...(charging === null ? {} : { getBattery: async () => ({ charging }) }),
      },
      ...(IdleDetector ? { IdleDetector } : {}),
    };
  };
  return {
    charging: () => createBrowserProbe(scope()).charging(),
    idle: () => createBrowserProbe(scope()).idle(),
    unmetered: () => createBrowserProbe(scope()).unmetered(),
    memoryBytes: () => createBrowserProbe(scope()).memoryBytes(),
  };
}

/** The signer of who has no key yet: such a client can ask for what needs no signature. */
export const noSigner: Signer = {
  keyId: '',
  publicKey: new Uint8Array(),
  sign: async () => {
    throw new ConfigError(
      'a key is needed to sign, and there is none before the participant has been started',
    );
  },
};

/** The same way to a server, which tells the bytes of models as they come. */
export function countingTransport(transport: Transport, onBytes: (count: number) => void): Transport {
  return {
    ...transport,
    async request(request) {
      const response = await transport.request(request);
      if (!request.target.startsWith('/v1/blobs/')) return response;
      return { ...response, body: counted(response.body, onBytes) };
    },
  };
}

async function* counted(body: AsyncIterable<Uint8Array>, onBytes: (count: number) => void) {
  for await (const chunk of body) {
    onBytes(chunk.length);
    yield chunk;
  }
}
