/** A federation whose server also has a page with a participant, the participant's files and those of ONNX Runtime. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/round/run-events.js';
import type { Handler, ServerResponse } from '../../src/server/http.js';
import {
  createFederationServer,
  type FederationServer,
  listen,
  type ServerOptions,
} from '../../src/server/server.js';

const built = fileURLToPath(new URL('../../dist/browser/', import.meta.url));
const runtime = fileURLToPath(new URL('.', import.meta.resolve('onnxruntime-web/wasm')));

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

/** What pages, and scripts that become Workers, come with. */
const STRICT = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Puts down what the policy of the page has refused. */
const WATCH = `globalThis.violations = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  violations.push(violatedDirective + ' ' + blockedURI));`;

/** @param body markup of the page */
function pageOf(body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>A page with a participant</title>
    <link rel="icon" href="data:," />
    <script src="/watch.js"></script>
    <script type="module" src="/tessera-participant.js"></script>
  </head>
  <body>${body}</body>
</html>`;
}

/** A handler that has pages, too: \`/page\` of \`body\`, and the files. */
export function withPages(handler: Handler, body = '<main><h1>A page</h1></main>'): Handler {
  return async (request) => {
    const name = request.target.replace(/\?.*$/, '').slice(1);
    return (request.method === 'GET' && (await fileOf(name, body))) || handler(request);
  };
}

async function fileOf(name: string, body: string): Promise<ServerResponse | undefined> {
  const content = await contentOf(name, body);
  if (content === undefined) return undefined;
  const headers = { ...STRICT, 'content-type': TYPES[extname(name)] ?? 'text/html; charset=utf-8' };
  return {
    status: 200,
    headers,
    body: typeof content === 'string' ? new TextEncoder().encode(content) : content,
  };
}

async function contentOf(name: string, body: string): Promise<string | Uint8Array | undefined> {
  if (name === 'page') return pageOf(body);
  if (name === 'watch.js') return WATCH;
  const [, file] = /^ort\/(ort-wasm-[\w.-]+\.(?:mjs|wasm))$/.exec(name) ?? [];
  if (file !== undefined) return readFile(join(runtime, file));
  if (/^tessera-participant[\w.-]*\.js$/.test(name)) return readFile(join(built, name));
  return undefined;
}

/** A federation and its page. */
export interface Site {
  readonly url: string;
  readonly page: string;
  readonly server: FederationServer;
  readonly events: RunEvent[];
  readonly failures: unknown[];
  close(): Promise<void>;
}

/** Starts it; it lets everybody in. */
export async function startSite(
  options: Partial<ServerOptions> & { readonly body?: string } = {},
): Promise<Site> {
  const { body, ...rest } = options;
  const parent = await mkdtemp(join(tmpdir(), 'tessera-site-'));
  const events: RunEvent[] = [];
  const failures: unknown[] = [];
  const server = await createFederationServer({
    ...{ folder: join(parent, 'data'), enrolment: 'open' },
    onEvent: (_, event) => events.push(event),
    onFailure: (error) => failures.push(error),
    ...rest,
  });
  const { server: http, url } = await listen(withPages(server.handler, body), {});
  return {
    ...{ url, page: `${url}/page`, server, events, failures },
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      await server.close();
      http.closeAllConnections();
      await closed;
      await rm(parent, { recursive: true, force: true });
    },
  };
}
