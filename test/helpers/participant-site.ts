/** A federation whose server also has a page with a participant, under the policy of the server's own pages. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/round/run-events.js';
import { SECURITY_FIELDS } from '../../src/server/edge.js';
import type { Handler } from '../../src/server/http.js';
import { PAGE_FIELDS } from '../../src/server/pages.js';
import {
  createFederationServer,
  type FederationServer,
  listen,
  type ServerOptions,
} from '../../src/server/server.js';

/** Where the build puts it. */
const browser = fileURLToPath(new URL('../../dist/browser', import.meta.url));

/** What pages, and scripts that become Workers, come with. */
const STRICT = { ...SECURITY_FIELDS, ...PAGE_FIELDS };

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

/** What the page of a site has. */
interface PageContent {
  /** Markup. */
  readonly body?: string;
  /** Scripts of its own, by their paths. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A handler that has a page, too: `/page`. */
function withPage(
  handler: Handler,
  { body = '<main><h1>A page</h1></main>', scripts = {} }: PageContent,
): Handler {
  const files = new Map([
    ...Object.entries(scripts).map(([path, text]) => [path, { type: 'text/javascript', text }] as const),
    ['/page', { type: 'text/html; charset=utf-8', text: pageOf(body) }],
    ['/watch.js', { type: 'text/javascript', text: WATCH }],
  ]);
  return async (request) => {
    const file = request.method === 'GET' ? files.get(request.target.replace(/\?.*$/, '')) : undefined;
    if (!file) return handler(request);
    const headers = { ...STRICT, 'content-type': file.type };
    return { status: 200, headers, body: new TextEncoder().encode(file.text) };
  };
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
export async function startSite(options: Partial<ServerOptions> & PageContent = {}): Promise<Site> {
  const { body, scripts, ...rest } = options;
  const parent = await mkdtemp(join(tmpdir(), 'tessera-site-'));
  const events: RunEvent[] = [];
  const failures: unknown[] = [];
  const server = await createFederationServer({
    ...{ folder: join(parent, 'data'), enrolment: 'open', pages: { browser } },
    onEvent: (_, event) => events.push(event),
    onFailure: (error) => failures.push(error),
    ...rest,
  });
  const { server: http, url } = await listen(
    withPage(server.handler, { ...(body === undefined ? {} : { body }), ...(scripts ? { scripts } : {}) }),
    {},
  );
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
