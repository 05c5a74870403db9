/** The Worker's half of a participant: its life from start to leaving, and what it answers in between. */
import { type Api, createApi } from '../client/api.js';
import { createFetchTransport } from '../client/fetch-transport.js';
import { joinOn, type Participation } from '../client/join.js';
import { askToForget } from '../client/leave.js';
import { createModelCache } from '../client/model-cache.js';
import type { Platform } from '../client/platform.js';
import { createMemoryStore } from '../client/state-store.js';
import { createSigner, type StoredKey } from '../client/web-crypto-signer.js';
import type { ChosenEngine, EngineOptions } from '../engine/engine-options.js';
import { ConfigError, TransportError } from '../errors.js';
import type { OffersResponse } from '../protocol/messages.js';
import { PATHS } from '../protocol/paths.js';
import { createBell } from './bell.js';
import {
  databaseExists,
  databaseName,
  deleteDatabase,
  openDatabase,
  type ParticipantDatabase,
} from './database.js';
import type { DeviceFacts } from './device-facts.js';
import { createExampleReader } from './example-source.js';
import type { Guesses } from './guesses.js';
import { readHistory, totalsOf } from './history.js';
import { createIdbStateStore } from './idb-state-store.js';
import { openKey, readKey } from './key-store.js';
import type { Link } from './link.js';
import { createNewestModels } from './newest-models.js';
import { countingEngine } from './paced-engine.js';
import { createRequestLog, readRequests } from './request-log.js';
import type { WorkerSettings } from './settings.js';
import { createStateKeeper } from './state-keeper.js';
import type { HostSide, PageSide } from './talk.js';
import { type Locks, takeTurn } from './turn.js';
import { countingTransport, createWorkerProbe, noSigner, workerBasics } from './worker-platform.js';

/** What a host needs of the Worker. */
export interface WorkerPlace {
  readonly locks: Locks | undefined;
  /** What trains and guesses; it lets messages in between its calls. */
  chooseEngine(options: EngineOptions): Promise<ChosenEngine>;
}

/** The turn of a storage: only who has it opens the key. */
interface Turn {
  readonly database: ParticipantDatabase;
  release(): void;
}

/** How long the server is asked what there is, and to forget. */
const OFFERS_MS = 10_000;
const LEAVE_MS = 15_000;

const ELSEWHERE =
  'Another tab of this browser is taking part; this one takes over when that is closed or stops.';

/** What the page may ask, from its settings on. */
export function createHost(
  page: Link<PageSide>,
  place: WorkerPlace,
  settings: WorkerSettings,
  firstFacts: DeviceFacts,
): HostSide {
  const { server, storage, source, heldOutFraction } = settings;
  const { now } = workerBasics;
  const name = databaseName(storage, server);
  const [networkBack, deviceChanged] = [createBell(), createBell()];
  const keeper = createStateKeeper(server, (state) => page.tell('state', state), now);
  const log = createRequestLog(now);
  const models = createModelCache();
  const reader = createExampleReader(source, () => page.call('examples'), heldOutFraction);
  let facts = firstFacts;
  let turn: Turn | undefined;
  let client: Participation | undefined;
  let signed: Api | undefined;
  let beginning: Promise<void> | undefined;
  let ending = new AbortController();
  let chosen: Promise<ChosenEngine> | undefined;

  const engine = async (): Promise<ChosenEngine> => {
    chosen ??= place.chooseEngine(settings.engine);
    const { engine: made, ...rest } = await chosen.catch((error: unknown) => {
      chosen = undefined;
      throw error;
    });
    if (keeper.state.engine !== made.name) keeper.change({ engine: made.name });
    return { engine: made, ...rest };
  };
  const platformWith = (parts: Partial<Platform>): Platform => ({
    ...workerBasics,
    transport: countingTransport(log.note(createFetchTransport(new URL(server))), keeper.onBytes),
    ...{ signer: noSigner, store: createMemoryStore() },
    probe: createWorkerProbe(() => facts),
    engine: async () => {
      const { engine: made, ...rest } = await engine();
      return { engine: countingEngine(made, keeper.onExamples), ...rest };
    },
    ...{ networkBack: networkBack.subscribe, deviceChanged: deviceChanged.subscribe },
    forgetKey: async () => {},
    ...parts,
  });
  const newest = createNewestModels();
  const unsigned = createApi(platformWith({}));
  const offers = async () => {
    const signal = AbortSignal.timeout(OFFERS_MS);
    const asked = { method: 'GET', target: PATHS.offers, what: 'asking what there is', signal } as const;
    const answer = await (signed
      ? signed.call<OffersResponse>(asked)
      : unsigned.call<OffersResponse>({ ...asked, unsigned: true }));
    newest.hear(answer.offers, now());
    return answer.offers;
  };
  let making: Promise<Guesses> | undefined;
  // A page that never asks for a guess does not load what makes them.
  const makeGuesses = async (): Promise<Guesses> => {
    const { createGuesses } = await import('./guesses.js');
    return createGuesses({
      ...{ api: unsigned, models, sha256: workerBasics.sha256, newest, offers, now },
      engine: async () => (await engine()).engine,
      typed: reader.typed,
    });
  };
  const guesses = () => {
    making ??= makeGuesses();
    return making;
  };
  reader.subscribe(deviceChanged.ring);
  /** What there is of an earlier visit. */
  const recall = async () => {
    const read = async (database: ParticipantDatabase) => {
      const key = await readKey(database);
      return key && { clientId: (await createSigner(key)).keyId, totals: await totalsOf(database) };
    };
    const earlier = await look(name, read, undefined);
    if (earlier && !turn) keeper.change(earlier);
  };
  // Whoever takes part finds out anyway what is wrong with the database.
  void recall().catch(() => {});

  const take = async (onWait: () => void, signal: AbortSignal): Promise<Turn | undefined> => {
    const release = await takeTurn(place.locks, `tessera ${name}`, onWait, signal);
    if (!release) return undefined;
    try {
      const database = await openDatabase(name);
      await log.attach(database);
      await keeper.attach(database);
      return { database, release };
    } catch (error) {
      release();
      throw error;
    }
  };
  const give = () => {
    log.detach();
    void keeper.attach(undefined);
    turn?.database.close();
    turn?.release();
    turn = undefined;
  };
  const signedPlatform = async (key: StoredKey, { database }: Turn) =>
    platformWith({ signer: await createSigner(key), store: createIdbStateStore(database) });

  const join = async (onWait: () => void, signal: AbortSignal): Promise<void> => {
    turn ??= await take(onWait, signal);
    if (!turn || signal.aborted) return;
    keeper.onData(await reader.read());
    const platform = await signedPlatform(await openKey(turn.database), turn);
    const { asksApproval, accept, eligibility, name: called, invitation, attributes, runIds } = settings;
    const joined = await joinOn(platform, {
      ...(called === undefined ? {} : { name: called }),
      ...(invitation === undefined ? {} : { invitation }),
      ...(attributes === undefined ? {} : { attributes }),
      ...(runIds === undefined ? {} : { runIds }),
      eligibility,
      accept: asksApproval ? { ...accept, approve: (...asked) => page.call('approve', ...asked) } : accept,
      async data() {
        const data = await reader.read();
        keeper.onData(data);
        return data;
      },
      ...{ models, signal },
      onTask(task) {
        newest.note(task);
        keeper.onTask(task);
      },
      async onEvent(event) {
        await keeper.onEvent(event);
        page.tell('event', event);
      },
    });
    client = joined;
    signed = createApi(platform);
    joined.done.catch(keeper.fail).finally(() => {
      if (client === joined) client = undefined;
    });
  };
  /** Resolves when the client is in, or another tab is waited for. */
  const begin = async (signal: AbortSignal): Promise<void> => {
    keeper.change({ status: 'starting', sentence: 'Starts to take part.', error: null, progress: null });
    await new Promise<void>((resolve, reject) => {
      const onWait = () => {
        keeper.change({ status: 'elsewhere', sentence: ELSEWHERE });
        resolve();
      };
      join(onWait, signal).then(resolve, (error: unknown) => {
        if (signal.aborted) return resolve();
        keeper.fail(error);
        reject(error as Error);
      });
    });
  };
  const halt = async () => {
    ending.abort();
    await beginning?.catch(() => {});
    await client?.stop();
    client = undefined;
  };

  return {
    start() {
      if (client) return Promise.resolve();
      if (beginning) return beginning;
      ending = new AbortController();
      beginning = begin(ending.signal).finally(() => {
        beginning = undefined;
      });
      return beginning;
    },
    async pause() {
      await halt();
      keeper.change({ status: 'paused', sentence: 'Paused.', progress: null });
    },
    async stop() {
      await halt();
      give();
      keeper.change({ status: 'off', sentence: 'Does not take part.', progress: null });
    },
    async leave({ evenIfUnreachable = false, keepExamples = false, timeoutMs = LEAVE_MS }) {
      await halt();
      turn ??= await take(() => {}, AbortSignal.timeout(0));
      if (!turn) {
        keeper.change({ status: 'off', sentence: 'Does not take part.', progress: null });
        throw new ConfigError('leaving must be asked of the tab that takes part, got asked in another');
      }
      const key = await readKey(turn.database);
      if (key) {
        const api = createApi(await signedPlatform(key, turn));
        await askToForget(api, AbortSignal.timeout(timeoutMs)).catch((cause: unknown) => {
          if (evenIfUnreachable) return;
          keeper.change({
            status: 'paused',
            sentence: 'Paused: the server could not be told.',
            progress: null,
          });
          if (!(cause instanceof TransportError)) throw cause;
          throw new TransportError(`nothing was deleted, since ${server} could not be told`, { cause });
        });
      }
      signed = undefined;
      give();
      await deleteDatabase(name);
      if (!keepExamples) await reader.forget();
      const sentence = 'Left: the server was told to forget this client, and what was kept here is deleted.';
      keeper.reset({ status: 'left', sentence });
    },
    offers,
    predict: async (runId, features) => (await guesses()).predict(runId, features),
    suggest: async (runId, text) => (await guesses()).suggest(runId, text),
    async history() {
      if (turn) return readHistory(turn.database);
      return look(name, readHistory, []);
    },
    async requests() {
      if (turn) return log.list();
      return [...log.list(), ...(await look(name, readRequests, []))];
    },
    facts(changed) {
      facts = changed;
      deviceChanged.ring();
    },
    online: networkBack.ring,
  };
}

/** What `read` finds in a database of an earlier visit; makes none. */
async function look<T>(
  name: string,
  read: (database: ParticipantDatabase) => Promise<T>,
  none: T,
): Promise<T> {
  if (!(await databaseExists(name))) return none;
  const database = await openDatabase(name);
  try {
    return await read(database);
  } finally {
    database.close();
  }
}
