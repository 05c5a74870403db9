/**
 * The pages: the dashboard, the page to join from, what they load, and the files that a page of another site needs to
 * take part. Whoever reaches the server gets them, and they are the same for everybody: what they show, they ask the API for.
 *
 * Threat: a script that is not of this package runs in the page and takes an operator's token or a client's data. So the
 * policy allows scripts, styles and connections of this origin only, nothing inline, no frame around the page, no form to
 * elsewhere; the page has a process of its own (`cross-origin-opener-policy`, `-embedder-policy`), which threads need too.
 * Scripts carry the same policy, since a Worker goes by that of its script. Other origins may load the files of clients,
 * and nothing else, where the server lets pages of other origins take part.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HeaderFields } from '../protocol/http.js';
import type { Route, RouteHandler } from './routes.js';
import { createStaticFolder, type StaticFolder } from './static-folder.js';

/** Where the files lie; absent: where the package's build puts them. */
export interface PageOptions {
  /** `index.html`, `join.html` and `assets/`. */
  readonly web?: string;
  /** `tessera-participant.js`, and `tessera-participant/` with what it loads when it needs it. */
  readonly browser?: string;
  /** The files of ONNX Runtime. */
  readonly ort?: string;
  /** Whether there is something to join [true]. */
  readonly join?: boolean;
  /** Whether pages of other origins may load what clients are made of [false]. */
  readonly shared?: boolean;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What pages come with, and scripts that become Workers. */
export const PAGE_FIELDS: HeaderFields = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Asked for again each time, and answered with 304 as long as it is the same. */
const CHECKED: HeaderFields = { 'cache-control': 'no-cache' };
/** Their names have the hash of their content. */
const FOREVER: HeaderFields = { 'cache-control': 'public, max-age=31536000, immutable' };

/** See docs/browser.md. */
const ORT_FILES = [
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
];

const NO_BUILD = 'this build has no pages: npm run build makes them';
const NO_FILE = 'there is no file of that name';

const built = (folder: string) => fileURLToPath(new URL(`../${folder}`, import.meta.url));

/** Whether the pages have been built. */
export function hasPages({ web = built('web') }: PageOptions = {}): boolean {
  return existsSync(join(web, 'index.html'));
}

/** The routes of the pages. */
export function pageRoutes(options: PageOptions = {}): readonly Route[] {
  const { web = built('web'), browser = built('browser'), ort = ortFolder(), join: joins = true } = options;
  const pages = createStaticFolder(web, NO_BUILD);
  const assets = createStaticFolder(join(web, 'assets'), NO_FILE);
  const participant = createStaticFolder(browser, NO_BUILD);
  const parts = createStaticFolder(join(browser, 'tessera-participant'), NO_FILE);
  const runtime = createStaticFolder(ort, NO_FILE);
  const page = { ...PAGE_FIELDS, ...CHECKED };
  const shared = options.shared ? { 'cross-origin-resource-policy': 'cross-origin' } : {};
  const client = { ...page, ...shared };

  return [
    ...both('/', file(pages, 'index.html', page)),
    ...(joins ? both('/join', file(pages, 'join.html', page)) : []),
    ...both('/assets/:file', (request, { file: name = '' }) =>
      assets.serve(name, request, { ...client, ...FOREVER }),
    ),
    ...both('/tessera-participant.js', file(participant, 'tessera-participant.js', client)),
    ...both('/tessera-participant/:file', (request, { file: name = '' }) =>
      parts.serve(name, request, { ...client, ...FOREVER }),
    ),
    ...ORT_FILES.flatMap((name) => both(`/ort/${name}`, file(runtime, name, client))),
  ];
}

function file(folder: StaticFolder, name: string, fields: HeaderFields): RouteHandler {
  return (request) => folder.serve(name, request, fields);
}

function both(path: string, handler: RouteHandler): Route[] {
  return [
    ['GET', path, handler],
    ['HEAD', path, handler],
  ];
}

/** Beside the entry of the installed package. */
function ortFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
}
