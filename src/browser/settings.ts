/** What a page tells a participant, and what of it crosses to the Worker. */
import type { Approve } from '../client/approval.js';
import type { ClientEvent } from '../client/client-events.js';
import { checkRules, type Eligibility } from '../client/eligibility.js';
import { type Acceptance, checkAcceptance } from '../client/governance.js';
import { serverUrl } from '../client/server-url.js';
import type { EngineOptions } from '../engine/engine-options.js';
import { ConfigError } from '../errors.js';
import type { Attributes } from '../protocol/messages.js';
import type { ExampleStore } from './example-store.js';
import type { BrowserExamples } from './examples.js';
import { checkStorage } from './settings-checks.js';
import type { TextStore } from './text-store.js';

/** The rules of a device's owner; the switch is `pause` and `resume`. */
export type BrowserEligibility = Omit<Eligibility, 'enabled'>;

/** What a participant brings. */
export interface ParticipantOptions {
  /** The examples: in a store of this browser, here, or from a function that has them when they are needed. */
  readonly examples:
    | ExampleStore
    | TextStore
    | BrowserExamples
    | (() => BrowserExamples | Promise<BrowserExamples>);
  /** The server's origin; default the page's. */
  readonly server?: string;
  /** How an operator sees the client. */
  readonly name?: string;
  /** A token from an operator; without it an operator has to approve the client, or the server is open. */
  readonly invitation?: string;
  /** What the server may select by: `region`, `tag`. */
  readonly attributes?: Attributes;
  /** The runs to take part in; default any. */
  readonly runIds?: readonly string[];
  /** Default: at least one example. */
  readonly eligibility?: BrowserEligibility;
  readonly accept?: Acceptance;
  /** The share of the examples that is never trained on, but evaluated on: 0 to below 1, default 0.2. */
  readonly heldOutFraction?: number;
  /** Keep the screen on while there is training and the page is seen; default false. */
  readonly keepAwake?: boolean;
  /** What IndexedDB calls it: another name is another client. Letters, digits, `.`, `_`, `-`; default `tessera`. */
  readonly storage?: string;
  /** `wasmPaths` is by default the folder `/ort/` of the page's origin. */
  readonly engine?: EngineOptions;
  /** The Worker's script, where your bundler does not find it by itself, or what starts it. */
  readonly worker?: string | URL | (() => Worker);
  /** Told what happens in detail, beside the state. */
  readonly onEvent?: (event: ClientEvent) => void;
}

/** Where the Worker takes examples from: a store that it opens itself, or it asks the page. */
export type ExampleSource =
  | { readonly type: 'store'; readonly name: string; readonly kind: 'labelled' | 'text' }
  /** `changes`: they may be others each time. */
  | { readonly type: 'page'; readonly changes: boolean };

/** What the Worker is told: `ParticipantOptions` without what only the page can hold. */
export interface WorkerSettings {
  readonly server: string;
  readonly storage: string;
  readonly name?: string;
  readonly invitation?: string;
  readonly attributes?: Attributes;
  readonly runIds?: readonly string[];
  readonly eligibility: BrowserEligibility;
  readonly accept: Omit<Acceptance, 'approve'>;
  /** Whether the page is to be asked about tasks. */
  readonly asksApproval: boolean;
  readonly heldOutFraction: number;
  readonly engine: EngineOptions;
  readonly source: ExampleSource;
}

/**
 * Checks the options once, on the page.
 *
 * @throws {ConfigError} naming the first that is wrong.
 */
export function workerSettings(options: ParticipantOptions): WorkerSettings {
  const { server = globalThis.location.origin, storage = 'tessera', heldOutFraction = 0.2 } = options;
  const { eligibility = {}, engine = {}, accept = {}, name, invitation, attributes, runIds } = options;
  checkStorage('storage', storage);
  if (!(heldOutFraction >= 0 && heldOutFraction < 1)) {
    throw new ConfigError(`heldOutFraction must be from 0 to below 1, got ${heldOutFraction}`);
  }
  checkRules(eligibility);
  checkAcceptance(accept);
  const { approve, ...pins } = accept;
  return {
    ...{ server: serverUrl(server, false).origin, storage, heldOutFraction },
    ...(name === undefined ? {} : { name }),
    ...(invitation === undefined ? {} : { invitation }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(runIds === undefined ? {} : { runIds }),
    eligibility: { minExamples: 1, ...eligibility },
    ...{ accept: pins, asksApproval: approve !== undefined },
    engine: { wasmPaths: new URL('/ort/', globalThis.location.href).href, ...engine },
    source: sourceOf(options.examples),
  };
}

/** What the page answers when the Worker asks about a task. */
export function approveOf({ accept }: ParticipantOptions): Approve {
  return accept?.approve ?? (() => 'approved');
}

/** What the page answers when the Worker asks for examples. */
export async function examplesOf({ examples }: ParticipantOptions): Promise<BrowserExamples> {
  if (typeof examples === 'function') return examples();
  if ('add' in examples)
    throw new ConfigError('a store must be read in the Worker, got asked for its examples');
  return examples;
}

function sourceOf(examples: ParticipantOptions['examples']): ExampleSource {
  const kinds: readonly unknown[] = ['object', 'function'];
  if (!kinds.includes(typeof examples) || examples === null) {
    throw new ConfigError(`examples must be a store, examples or a function, got ${String(examples)}`);
  }
  if (typeof examples === 'function') return { type: 'page', changes: true };
  if (!('add' in examples)) return { type: 'page', changes: false };
  return { type: 'store', name: examples.name, kind: examples.kind };
}
