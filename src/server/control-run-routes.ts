/** What operators ask to be done with runs: to start, stop, pause and resume them. */
import * as v from 'valibot';
import { Refusal } from '../protocol/problem.js';
import type { AuditAction } from './audit-log.js';
import { type ControlHandler, controlRoute } from './control-routes.js';
import { entryOf } from './control-run-views.js';
import type { Federation } from './federation.js';
import { jsonResponse } from './http.js';
import { type OperatorGate, operatorActor } from './operator-gate.js';
import type { Identity } from './operators.js';
import { readJson } from './read-body.js';
import type { PathParameters, Route } from './routes.js';
import { overviewOfOpen } from './run-overview.js';
import type { Runs } from './runs.js';
import type { ServedRun } from './served-run.js';

/** Checked by `parseServedOptions`, which names what is wrong. */
const settingsSchema = v.record(v.string(), v.unknown());

/** The routes that change runs. */
export function controlRunRoutes(federation: Federation, runs: Runs, gate: OperatorGate): readonly Route[] {
  const { audit } = federation.access;
  const change = (path: string, handler: ControlHandler) =>
    controlRoute(gate, 'POST', `/runs${path}`, handler);

  const openRun = async (path: PathParameters): Promise<ServedRun> => {
    const open = federation.runs.get(path.run ?? '');
    if (open && open.status() !== 'failed') return open;
    const { runId } = await entryOf(runs, path);
    throw new Refusal('conflict', `run ${runId} is not open here`);
  };
  const note = (operator: Identity, action: AuditAction, { runId }: Pick<ServedRun, 'runId'>) =>
    audit.record({ actor: operatorActor(operator), action, subject: `run ${runId}`, detail: '' });

  return [
    change('', async (request, _, operator) => {
      const run = await runs.start(await readJson(request, settingsSchema, false));
      await note(operator, 'run-started', run);
      return jsonResponse(overviewOfOpen(run), 201);
    }),
    change('/:run/stop', async (_, path, operator) => {
      const run = await openRun(path);
      await note(operator, 'run-stopped', run);
      await run.stop();
      return jsonResponse(overviewOfOpen(run));
    }),
    change('/:run/pause', async (_, path, operator) => {
      const run = await openRun(path);
      await note(operator, 'run-paused', run);
      run.host.deliver({ type: 'pause-requested' });
      return jsonResponse(overviewOfOpen(run));
    }),
    change('/:run/resume', async (_, path, operator) => {
      const { runId } = await entryOf(runs, path);
      const known = federation.runs.get(runId);
      const isPaused = known?.status() === 'paused';
      const run = known && isPaused ? known : await runs.resume(runId);
      await note(operator, 'run-resumed', run);
      if (isPaused) run.host.deliver({ type: 'resume-requested' });
      return jsonResponse(overviewOfOpen(run));
    }),
  ];
}
