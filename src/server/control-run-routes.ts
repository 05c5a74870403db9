/** What operators ask about runs: which there are, how one goes, and to start, stop, pause and resume them. */
import * as v from 'valibot';
import { Refusal } from '../protocol/problem.js';
import { readLog } from '../store/event-log.js';
import { listModels, logPath, type RunEntry, readModel } from '../store/stored-run.js';
import type { AuditAction } from './audit-log.js';
import type { RunOverview } from './control-messages.js';
import { type ControlHandler, controlRoute, numberIn, queryOf } from './control-routes.js';
import type { Federation } from './federation.js';
import { jsonResponse, textResponse } from './http.js';
import { type OperatorGate, operatorActor } from './operator-gate.js';
import type { Identity } from './operators.js';
import { readJson } from './read-body.js';
import type { PathParameters, Route } from './routes.js';
import { detailsOf, overviewOfOpen, overviewOfStored } from './run-overview.js';
import type { Runs } from './runs.js';
import type { ServedRun } from './served-run.js';

/** Checked by `parseServedOptions`, which names what is wrong. */
const settingsSchema = v.record(v.string(), v.unknown());

/** The routes of runs. */
export function controlRunRoutes(federation: Federation, runs: Runs, gate: OperatorGate): readonly Route[] {
  const { audit } = federation.access;
  const route = (method: Route[0], path: string, handler: ControlHandler) =>
    controlRoute(gate, method, `/runs${path}`, handler);
  /** Logs of runs that are over do not change. */
  const ended = new Map<string, RunOverview>();

  const entryOf = async ({ run = '' }: PathParameters): Promise<RunEntry> => {
    // Found in the list, never made of what was asked: a name with dots and slashes is just no run.
    const found = (await runs.list()).find(({ runId }) => runId === run);
    if (!found) throw new Refusal('not-found', 'there is no run of that name');
    return found;
  };
  const overview = async (entry: RunEntry): Promise<RunOverview> => {
    const open = federation.runs.get(entry.runId);
    if (open) return overviewOfOpen(open);
    const known = ended.get(entry.runId) ?? (await overviewOfStored(entry));
    if (known.status === 'finished' || known.status === 'stopped') ended.set(entry.runId, known);
    return known;
  };
  const openRun = async (path: PathParameters): Promise<ServedRun> => {
    const open = federation.runs.get(path.run ?? '');
    if (open && open.status() !== 'failed') return open;
    const { runId } = await entryOf(path);
    throw new Refusal('conflict', `run ${runId} is not open here`);
  };
  const note = (operator: Identity, action: AuditAction, { runId }: Pick<ServedRun, 'runId'>) =>
    audit.record({ actor: operatorActor(operator), action, subject: `run ${runId}`, detail: '' });

  return [
    route('GET', '', async () => {
      const items: RunOverview[] = [];
      for (const entry of await runs.list()) items.push(await overview(entry));
      return jsonResponse({ items, next: null });
    }),
    route('POST', '', async (request, _, operator) => {
      const run = await runs.start(await readJson(request, settingsSchema, false));
      await note(operator, 'run-started', run);
      return jsonResponse(overviewOfOpen(run), 201);
    }),
    route('GET', '/:run', async (_, path) => {
      const entry = await entryOf(path);
      return jsonResponse(await detailsOf(entry, federation.runs.get(entry.runId)));
    }),
    route('POST', '/:run/stop', async (_, path, operator) => {
      const run = await openRun(path);
      await note(operator, 'run-stopped', run);
      await run.stop();
      return jsonResponse(overviewOfOpen(run));
    }),
    route('POST', '/:run/pause', async (_, path, operator) => {
      const run = await openRun(path);
      await note(operator, 'run-paused', run);
      run.host.deliver({ type: 'pause-requested' });
      return jsonResponse(overviewOfOpen(run));
    }),
    route('POST', '/:run/resume', async (_, path, operator) => {
      const { runId } = await entryOf(path);
      const known = federation.runs.get(runId);
      const isPaused = known?.status() === 'paused';
      const run = known && isPaused ? known : await runs.resume(runId);
      await note(operator, 'run-resumed', run);
      if (isPaused) run.host.deliver({ type: 'resume-requested' });
      return jsonResponse(overviewOfOpen(run));
    }),
    route('GET', '/:run/events', async (request, path) => {
      const { runId, path: directory } = await entryOf(path);
      const since = numberIn(queryOf(request), 'since') ?? 0;
      if (request.headers.accept?.includes('text/event-stream')) {
        const last = request.headers['last-event-id'] ?? '';
        return runs.feed.stream(runId, directory, /^\d{1,15}$/.test(last) ? Number(last) : since, request);
      }
      const { events } = await readLog(logPath(directory));
      const lines = events.slice(since).map((event) => `${JSON.stringify(event)}\n`);
      return textResponse(lines.join(''), 'application/jsonl');
    }),
    route('GET', '/:run/models/:round', async (_, path) => {
      const { runId, path: directory } = await entryOf(path);
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
          'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(`${runId}-${round}.safetensors`)}`,
        },
        body: await readModel(directory, round),
      };
    }),
  ];
}
