/** Joins a federation from a page or a Worker: `fetch`, WebCrypto, ONNX Runtime in WASM or on WebGPU. */
import type { ChosenEngine, EngineOptions } from '../engine/engine-options.js';
import { createBrowserProbe } from './browser-probe.js';
import { createFetchTransport } from './fetch-transport.js';
import { type JoinOptions, joinOn, type Participation } from './join.js';
import { serverUrl } from './server-url.js';
import { createMemoryStore, type StateStore } from './state-store.js';
import { createSigner, type StoredKey } from './web-crypto-signer.js';

/** What a client in a browser can be told beside `JoinOptions`. */
export interface BrowserJoinOptions extends JoinOptions {
  /** The identity: of `generateKey`, kept by the page (IndexedDB takes it). */
  readonly key: StoredKey;
  /** Called when the client leaves: where the page kept the key, it is to be deleted. */
  readonly forgetKey?: () => Promise<void>;
  /** What stays between rounds; default: nothing stays when the page is closed. */
  readonly store?: StateStore;
  readonly engine?: EngineOptions;
}

/**
 * Joins the federation of the server at `url`, and takes part until `options.signal` ends it.
 *
 * @param url origin of the server: `https://example.org`; it must allow the page's origin
 * @throws {ConfigError} when an option is wrong, or the page is no secure context.
 * @throws {RefusedError} when the server does not let the client in.
 */
export async function join(url: string, options: BrowserJoinOptions): Promise<Participation> {
  const { key, forgetKey = async () => {}, store = createMemoryStore(), engine = {} } = options;
  const server = serverUrl(url, false);
  let chosen: Promise<ChosenEngine> | undefined;
  const platform = {
    transport: createFetchTransport(server),
    signer: await createSigner(key),
    store,
    probe: createBrowserProbe(),
    now: Date.now,
    randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    random: Math.random,
    sha256: async (bytes: Uint8Array) =>
      new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)),
    engine: () => {
      // A page that brings its own trainer needs none.
      chosen ??= import('../engine/onnx-runtime-browser.js').then(({ chooseEngine }) => chooseEngine(engine));
      return chosen;
    },
    forgetKey,
  };
  return joinOn(platform, options);
}
