/** What a run's log says of each of its clients, gathered line by line. */
import { stat } from 'node:fs/promises';
import type { ClientTrained, RunEvent } from '../round/run-events.js';
import { LOG_START, type LogPlace, readLogPart } from '../store/log-part.js';
import { logPath } from '../store/stored-run.js';
import type { RunClient } from './control-messages.js';

/** The clients of runs. */
export interface RunClients {
  /**
   * Those that the log names, by number. What was read is kept for the next call.
   *
   * @param opening another value each time that the run was opened, since its log may have been cut then; absent: it is
   *   not open
   * @throws {StoreError} when the log cannot be read.
   */
  read(runId: string, directory: string, opening: object | undefined): Promise<readonly RunClient[]>;
}

/** Runs of which what was read is kept. */
const MOST_RUNS = 8;

interface Tally {
  readonly clientId: number;
  name: string;
  trainCount: number | null;
  rounds: number;
  failures: number;
  exampleCount: number;
  lossSum: number;
  lastLoss: number | null;
  trainMs: number;
  lastRound: number | null;
}

interface Gathered {
  readonly opening: object | undefined;
  place: LogPlace;
  readonly clients: Map<number, Tally>;
  /** One reader at a time. */
  reading: Promise<void>;
}

/** @param nameOf what is known of a client beside the log; empty: nothing */
export function createRunClients(nameOf: (clientId: number) => string): RunClients {
  const known = new Map<string, Gathered>();

  const gather = async (gathered: Gathered, path: string) => {
    for (let atEnd = false; !atEnd; ) {
      const part = await readLogPart(path, gathered.place);
      for (const { text } of part.lines) take(gathered.clients, JSON.parse(text));
      ({ after: gathered.place, atEnd } = part);
    }
  };
  /** What was read, as long as the log can be the same one. */
  const keptOf = (runId: string, opening: object | undefined, bytes: number): Gathered | undefined => {
    const kept = known.get(runId);
    known.delete(runId);
    const isOther = opening !== undefined && kept?.opening !== opening;
    return kept && !isOther && bytes >= kept.place.byte ? kept : undefined;
  };
  const keep = (runId: string, gathered: Gathered) => {
    known.set(runId, gathered);
    for (const [oldest] of known) if (known.size > MOST_RUNS) known.delete(oldest);
  };

  return {
    async read(runId, directory, opening) {
      const path = logPath(directory);
      const bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
      const gathered = keptOf(runId, opening, bytes) ?? {
        ...{ opening, place: LOG_START, clients: new Map(), reading: Promise.resolve() },
      };
      keep(runId, gathered);
      gathered.reading = gathered.reading.then(() => gather(gathered, path));
      await gathered.reading.catch((cause: unknown) => {
        // Half of a part may have been counted.
        if (known.get(runId) === gathered) known.delete(runId);
        throw cause;
      });
      return [...gathered.clients.values()]
        .toSorted((one, other) => one.clientId - other.clientId)
        .map((tally) => viewOf(tally, nameOf));
    },
  };
}

function take(clients: Map<number, Tally>, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      for (const { clientId, name, trainCount } of event.clients) {
        Object.assign(tallyOf(clients, clientId), { name, trainCount });
      }
      break;
    case 'client-trained':
      addTraining(tallyOf(clients, event.clientId), event);
      break;
    case 'client-failed': {
      const tally = tallyOf(clients, event.clientId);
      tally.failures++;
      tally.lastRound = event.round;
      break;
    }
  }
}

function addTraining(tally: Tally, { round, exampleCount, loss, trainMs }: ClientTrained): void {
  tally.rounds++;
  tally.exampleCount += exampleCount;
  // What was no number is null in the log.
  tally.lossSum += (loss ?? Number.NaN) * exampleCount;
  tally.lastLoss = loss;
  tally.trainMs += trainMs;
  tally.lastRound = round;
}

function tallyOf(clients: Map<number, Tally>, clientId: number): Tally {
  const known = clients.get(clientId);
  if (known) return known;
  const tally: Tally = {
    ...{ clientId, name: '', trainCount: null, rounds: 0, failures: 0, exampleCount: 0 },
    ...{ lossSum: 0, lastLoss: null, trainMs: 0, lastRound: null },
  };
  clients.set(clientId, tally);
  return tally;
}

function viewOf(tally: Tally, nameOf: (clientId: number) => string): RunClient {
  const { lossSum, trainMs, name, ...view } = tally;
  const { rounds, exampleCount } = view;
  const meanLoss = exampleCount > 0 ? lossSum / exampleCount : Number.NaN;
  return {
    ...view,
    name: name || nameOf(tally.clientId),
    meanLoss: Number.isFinite(meanLoss) ? meanLoss : null,
    meanTrainMs: rounds > 0 ? trainMs / rounds : null,
  };
}
