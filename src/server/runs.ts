/** The runs of a server: opened, gone on with, and found in its folder. */
import { ConfigError, StoreError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import type { RunEvent } from '../round/run-events.js';
import { parseServedOptions, type ServedRun as ServedSettings } from '../settings/served-options.js';
import { restoreSettings, storeSettings } from '../settings/stored-settings.js';
import { recoverRun } from '../store/recover-run.js';
import { createRun } from '../store/run-directory.js';
import { listRuns, type RunEntry, readConfig } from '../store/stored-run.js';
import type { Federation } from './federation.js';
import { createRunFeed, type RunFeed } from './run-feed.js';
import { openRoundOf } from './run-overview.js';
import { loadServedModel } from './served-model.js';
import { openServedRun, type ServedRun } from './served-run.js';

/** What runs stand on. */
export interface RunsContext {
  readonly folder: string;
  readonly federation: Federation;
  readonly onNotice: (notice: string) => void;
  readonly onEvent: (runId: string, event: RunEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

export interface Runs {
  readonly feed: RunFeed;
  /** All runs of the folder, also those of simulations. */
  list(): Promise<readonly RunEntry[]>;
  /** Opens a new run. @throws {ConfigError} or {StoreError} when it cannot be. */
  start(settings: unknown): Promise<ServedRun>;
  /**
   * Goes on with a run that is not open.
   *
   * @throws {Refusal} `not-found`, or `conflict` where there is nothing to go on with.
   */
  resume(runId: string): Promise<ServedRun>;
  /** Goes on with all that have not ended; those that cannot are told to `onFailure`. */
  resumeAll(): Promise<readonly ServedRun[]>;
}

type OpenFolder = () => Promise<Pick<Parameters<typeof openServedRun>[0], 'run' | 'recovered'>>;

/** The runs of a folder. */
export function createRuns({ folder, federation, onNotice, onEvent, onFailure }: RunsContext): Runs {
  const { blobs, availability, wakes, context } = federation;
  const feed = createRunFeed();
  const ports = {
    ...{ blobs, availability, now: context.now, time: context.time },
    wake: (clients: readonly number[]) => clients.forEach(wakes.wake),
    onEvent(runId: string, event: RunEvent) {
      feed.note(runId);
      onEvent(runId, event);
    },
    onActivity: feed.stir,
    isWatched: feed.isFollowed,
  };

  const open = async (settings: ServedSettings, openFolder: OpenFolder) => {
    // Before anything is written: a model that cannot be loaded leaves no folder behind.
    const served = await loadServedModel(settings, onNotice);
    const { run, recovered } = await openFolder();
    try {
      feed.begin(run.runId, recovered?.events.length ?? 0);
      const servedRun = await openServedRun({ ...ports, options: settings, served, run, recovered });
      federation.add(servedRun);
      const { host } = servedRun;
      feed.attach(run.runId, { board: host.activity.board, state: () => openRoundOf(host) });
      void servedRun.over.then(() => {
        feed.end(run.runId);
        const failure = servedRun.failure();
        if (failure !== undefined) onFailure(new StoreError(`run ${run.runId} cannot go on: ${failure}`));
      });
      return servedRun;
    } catch (error) {
      feed.end(run.runId);
      await run.close().catch(() => {});
      throw error;
    }
  };

  /** Undefined: there is nothing to go on with. */
  const goOn = async ({ path }: RunEntry): Promise<ServedRun | undefined> => {
    const settings = servedSettingsOf(path, await readConfig(path));
    if (!settings) return undefined;
    const recovered = await recoverRun(path);
    if (!recovered.complete) {
      return open(settings, async () => ({ run: recovered.run, recovered })).catch(async (error: unknown) => {
        await recovered.run.close().catch(() => {});
        throw error;
      });
    }
    await recovered.run.close();
    return undefined;
  };
  const isOpen = (runId: string) => {
    const status = federation.runs.get(runId)?.status();
    return status !== undefined && status !== 'failed';
  };

  return {
    feed,
    list: () => listRuns(folder),
    async start(settings) {
      const parsed = parseServedOptions(settings);
      const name = parsed.name ?? defaultName(parsed);
      if (federation.runs.has(name)) throw new ConfigError(`name must be new, got "${name}", which is open`);
      const named = { ...parsed, name };
      return open(named, async () => ({
        run: await createRun(folder, name, { ...storeSettings(named), type: 'served' }),
      }));
    },
    async resume(runId) {
      const entry = (await listRuns(folder)).find((found) => found.runId === runId);
      if (!entry) throw new Refusal('not-found', 'there is no run of that name');
      const resumed = isOpen(runId) ? undefined : await goOn(entry);
      if (!resumed) throw new Refusal('conflict', 'the run is open, has ended, or was simulated');
      return resumed;
    },
    async resumeAll() {
      const resumed: ServedRun[] = [];
      for (const entry of await listRuns(folder)) {
        if (isOpen(entry.runId)) continue;
        try {
          const run = await goOn(entry);
          if (run) resumed.push(run);
        } catch (error) {
          onFailure(error);
        }
      }
      return resumed;
    },
  };
}

/** The settings of a run that a server opened; undefined: it was simulated. */
function servedSettingsOf(path: string, config: unknown): ServedSettings | undefined {
  if ((config as { type?: unknown } | null)?.type !== 'served') return undefined;
  return restoreSettings(path, config, ({ type: _, ...stored }) => parseServedOptions(stored));
}

function defaultName({ model }: ServedSettings): string {
  const stamp = new Date().toISOString().replaceAll(/[:Z-]/g, '').replaceAll(/[T.]/g, '-');
  const what = (model.split(/[\\/]/).at(-1) ?? model).replace(/\.onnx$/, '').replaceAll(/[^\w.-]/g, '_');
  return `${what}-${stamp}`;
}
