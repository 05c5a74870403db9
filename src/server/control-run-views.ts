/** What may be looked at of runs: which there are, how one goes, its events, clients, models and report. */
import { stat } from 'node:fs/promises';
import { Refusal } from '../protocol/problem.js';
import { runReport } from '../settings/run-report.js';
import { LOG_START, readLogPart } from '../store/log-part.js';
import { listModels, logPath, type RunEntry, readModel } from '../store/stored-run.js';
import type { Page, RunClient, RunOverview } from './control-messages.js';
import { type ControlHandler, controlRoute, numberIn, queryOf } from './control-routes.js';
import { isOfType } from './follow-run.js';
import { jsonResponse, type ServerRequest, type ServerResponse } from './http.js';
import type { OperatorGate } from './operator-gate.js';
import type { PathParameters, Route } from './routes.js';
import { createRunClients } from './run-clients.js';
import type { RunFeed } from './run-feed.js';
import { detailsOf, type OpenRun, overviewOfStored } from './run-overview.js';

/** Where runs are found. */
export interface RunSource {
  readonly feed: RunFeed;
  /** All runs of the folder. */
  list(): Promise<readonly RunEntry[]>;
  /** A run while somebody in this process goes on with it. */
  open(runId: string): OpenRun | undefined;
  /** What a client is called; empty where nobody knows. */
  nameOf(clientId: number): string;
}

/**
 * The report has its script and style within itself, and names their hashes in a policy of its own. Here it is put into a
 * sandbox: whatever it were to hold, it could not act for who looks at it.
 */
const REPORT_POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPE_NAME = /^[a-z-]{1,40}$/;

/** The run that a path names. @throws {Refusal} `not-found` */
export async function entryOf(
  source: Pick<RunSource, 'list'>,
  { run = '' }: PathParameters,
): Promise<RunEntry> {
  // Found in the list, never made of what was asked: a name with dots and slashes is just no run.
  const found = (await source.list()).find(({ runId }) => runId === run);
  if (!found) throw new Refusal('not-found', 'there is no run of that name');
  return found;
}

/** The routes that change nothing. */
export function controlRunViews(source: RunSource, gate: OperatorGate): readonly Route[] {
  const view = (path: string, handler: ControlHandler) => controlRoute(gate, 'GET', `/runs${path}`, handler);
  const clients = createRunClients(source.nameOf);
  const overviewOf = storedOverviews();

  return [
    view('', async () => {
      const items: RunOverview[] = [];
      for (const entry of await source.list()) {
        items.push(source.open(entry.runId)?.overview() ?? (await overviewOf(entry)));
      }
      return jsonResponse({ items, next: null } satisfies Page<RunOverview>);
    }),
    view('/:run', async (_, path) => {
      const entry = await entryOf(source, path);
      return jsonResponse(await detailsOf(entry, source.open(entry.runId)));
    }),
    view('/:run/events', async (request, path) => {
      const { runId, path: directory } = await entryOf(source, path);
      const since = numberIn(queryOf(request), 'since') ?? 0;
      const types = typesIn(request);
      if (!request.headers.accept?.includes('text/event-stream')) return eventLines(directory, since, types);
      const last = request.headers['last-event-id'] ?? '';
      const from = /^\d{1,15}$/.test(last) ? Number(last) : since;
      return source.feed.stream({ runId, directory, since: from, types }, request);
    }),
    view('/:run/clients', async (_, path) => {
      const { runId, path: directory } = await entryOf(source, path);
      const items = await clients.read(runId, directory, source.feed.openingOf(runId));
      return jsonResponse({ items, next: null } satisfies Page<RunClient>);
    }),
    view('/:run/report', async (_, path) => {
      const { runId, path: directory } = await entryOf(source, path);
      const html = await runReport(directory);
      if (html === undefined)
        throw new Refusal('not-found', 'the run has not begun: there is nothing to report');
      return {
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'content-disposition': dispositionOf('inline', `${runId}.html`),
          'content-security-policy': REPORT_POLICY,
        },
        body: Buffer.from(html),
      };
    }),
    view('/:run/models/:round', async (_, path) => {
      const { runId, path: directory } = await entryOf(source, path);
      const models = await listModels(directory);
      const round = path.round === 'latest' ? models.at(-1) : Number(path.round);
      if (round === undefined || !models.includes(round)) {
        throw new Refusal('not-found', `the model must be latest or of round ${models.join(' or ')}`);
      }
      return {
        status: 200,
        headers: {
          'content-type': 'application/vnd.safetensors',
          'cache-control': 'no-store',
          'content-disposition': dispositionOf('attachment', `${runId}-${round}.safetensors`),
        },
        body: await readModel(directory, round),
      };
    }),
  ];
}

/** Overviews of runs that nobody goes on with here: read again only where the log has changed. */
function storedOverviews(): (entry: RunEntry) => Promise<RunOverview> {
  const known = new Map<string, { readonly state: string; readonly overview: RunOverview }>();
  return async (entry) => {
    const found = await stat(logPath(entry.path)).catch(() => undefined);
    const state = `${found?.size} ${found?.mtimeMs}`;
    const before = known.get(entry.runId);
    if (before?.state === state) return before.overview;
    const overview = await overviewOfStored(entry);
    known.set(entry.runId, { state, overview });
    return overview;
  };
}

function eventLines(
  directory: string,
  since: number,
  types: ReadonlySet<string> | undefined,
): ServerResponse {
  async function* lines(): AsyncGenerator<string> {
    for (let [place, atEnd] = [LOG_START, false]; !atEnd; ) {
      const part = await readLogPart(logPath(directory), place, { from: since });
      ({ after: place, atEnd } = part);
      const wanted = part.lines.filter(({ text }) => isOfType(text, types));
      if (wanted.length > 0) yield wanted.map(({ text }) => `${text}\n`).join('');
    }
  }
  const headers = { 'content-type': 'application/jsonl', 'cache-control': 'no-store' };
  return { status: 200, headers, body: lines() };
}

/** Undefined: all. @throws {Refusal} `bad-request` */
function typesIn(request: ServerRequest): ReadonlySet<string> | undefined {
  const field = queryOf(request).get('types');
  if (field === null) return undefined;
  const types = field.split(',');
  if (types.every((type) => TYPE_NAME.test(type))) return new Set(types);
  throw new Refusal('bad-request', 'types must be types of events with commas between, like round-finished');
}

function dispositionOf(how: 'inline' | 'attachment', name: string): string {
  return `${how}; filename*=UTF-8''${encodeURIComponent(name)}`;
}
