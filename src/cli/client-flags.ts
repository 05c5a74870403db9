/** The flags of a client: where it joins, when it takes part, what it accepts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Eligibility } from '../client/eligibility.js';
import type { Acceptance } from '../client/governance.js';
import { DEFAULT_CLIENT_FOLDER } from '../client/node/client-folder.js';
import type { NodeJoinOptions } from '../client/node/join.js';
import type { Attributes } from '../protocol/messages.js';

/** As commander has them. */
export interface ClientFlags {
  readonly server?: string;
  readonly folder: string;
  readonly name?: string;
  readonly invitation?: string;
  readonly attributes?: Attributes;
  readonly run?: readonly string[];
  readonly ca?: string;
  readonly allowPlainHttp?: boolean;
  readonly engine?: 'native' | 'wasm';
  readonly client?: number;
  readonly virtual?: number;
  readonly json?: boolean;
  readonly charging?: boolean;
  readonly idle?: boolean;
  readonly unmetered?: boolean;
  readonly assumeUnknown?: boolean;
  readonly hours?: { readonly from: number; readonly to: number };
  readonly minMemory?: number;
  readonly minExamples?: number;
  readonly minInterval?: number;
  readonly maxRoundsPerDay?: number;
  readonly requireApproval?: boolean;
  readonly pinGraph?: readonly string[];
  readonly pinModel?: readonly string[];
  readonly pinReports?: 'params' | 'update';
  readonly maxEpochs?: number;
  readonly maxSteps?: number;
  readonly maxLearningRate?: number;
  readonly minBatchSize?: number;
  readonly maxBatchSize?: number;
  readonly minCohort?: number;
  readonly requireDifferentialPrivacy?: boolean;
  readonly requireSecureAggregation?: boolean;
}

const DAY_MS = 86_400_000;

/** Where the server is and how it is reached. */
export function addServerFlags(command: Command): Command {
  return command
    .option('--server <url>', 'the server, like https://example.org')
    .addOption(new Option('--folder <folder>', 'where key and state are kept').default(DEFAULT_CLIENT_FOLDER))
    .option('--ca <file>', 'PEM file of a certificate authority to trust, beside those of the system')
    .option('--allow-plain-http', 'accept plain http to another machine: anybody on the way reads all')
    .option('--json', 'print one event a line as JSON');
}

/** All but those of the data. */
export function addClientFlags(command: Command): Command {
  const number = (text: string) => parseNumber(text);
  return addServerFlags(command)
    .option('--client <k>', "which of the parts is this client's, from 0 [all of the data]", whole(0))
    .option('--virtual <n>', 'host so many clients in this process, a part of the data each', whole(1))
    .option('--name <name>', 'how operators see the client')
    .option('--invitation <token>', 'from an operator; without it one has to approve the client')
    .option('--attributes <list>', 'what the server may select by, like region=eu,tag=a', parseAttributes)
    .option('--run <names>', 'take part in these runs only, comma-separated', parseList)
    .addOption(
      new Option('--engine <kind>', 'native or wasm [native where installed]').choices(['native', 'wasm']),
    )
    .option('--charging', 'take part only while the device is charging')
    .option('--idle', 'take part only while the device is idle')
    .option('--unmetered', 'take part only where the network does not charge by volume')
    .option('--assume-unknown', 'take for met what the device does not tell')
    .option('--hours <from-to>', 'take part only within these hours of the day, like 22-6', parseHours)
    .option('--min-memory <MB>', 'take part only with so much free memory', number)
    .option('--min-examples <n>', 'take part only with so many examples', number)
    .option('--min-interval <s>', 'time from one round to the next', number)
    .option('--max-rounds-per-day <n>', 'take part in at most so many rounds a day', number)
    .option('--require-approval', 'a person decides on each task: tessera client tasks')
    .option('--pin-graph <hashes>', 'accept only these graphs, comma-separated', parseList)
    .option('--pin-model <names>', 'accept only models of these names, comma-separated', parseList)
    .addOption(new Option('--pin-reports <what>', 'report only that').choices(['params', 'update']))
    .option('--max-epochs <n>', 'accept at most so many epochs a round', number)
    .option('--max-steps <n>', 'accept at most so many steps a round', number)
    .option('--max-learning-rate <x>', 'accept at most that learning rate', number)
    .option('--min-batch-size <n>', 'accept no smaller batches', number)
    .option('--max-batch-size <n>', 'accept no larger batches', number)
    .option('--min-cohort <n>', 'accept only updates combined with those of so many clients', number)
    .option('--require-differential-privacy', 'accept only tasks with differential privacy')
    .option('--require-secure-aggregation', 'accept only tasks with secure aggregation');
}

/** What flags say, as the library has it; ranges are checked there. */
export function joinSettings(flags: ClientFlags): Omit<NodeJoinOptions, 'data'> {
  const { folder, name, invitation, attributes, run, ca, allowPlainHttp, engine } = flags;
  return {
    folder,
    ...(name === undefined ? {} : { name }),
    ...(invitation === undefined ? {} : { invitation }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(run === undefined ? {} : { runIds: run }),
    ...(ca === undefined ? {} : { ca }),
    ...(allowPlainHttp ? { allowPlain: true } : {}),
    ...(engine === undefined ? {} : { engine: { kind: engine } }),
    eligibility: eligibilityOf(flags),
    accept: acceptanceOf(flags),
  };
}

function eligibilityOf(flags: ClientFlags): Eligibility {
  const { charging, idle, unmetered, assumeUnknown, hours } = flags;
  const { minMemory, minExamples, minInterval, maxRoundsPerDay } = flags;
  return {
    ...(charging ? { charging } : {}),
    ...(idle ? { idle } : {}),
    ...(unmetered ? { unmetered } : {}),
    ...(assumeUnknown ? { assumeUnknown } : {}),
    ...(hours ? { hours } : {}),
    ...(minMemory === undefined ? {} : { minMemoryBytes: minMemory * 1e6 }),
    ...(minExamples === undefined ? {} : { minExamples }),
    ...(minInterval === undefined ? {} : { minIntervalMs: minInterval * 1000 }),
    ...(maxRoundsPerDay === undefined
      ? {}
      : { maxRoundsPerWindow: { rounds: maxRoundsPerDay, windowMs: DAY_MS } }),
  };
}

function acceptanceOf(flags: ClientFlags): Acceptance {
  const { pinGraph, pinModel, pinReports, minCohort } = flags;
  const { maxEpochs, maxSteps, maxLearningRate, minBatchSize, maxBatchSize } = flags;
  return {
    ...(pinGraph ? { graphSha256: pinGraph } : {}),
    ...(pinModel ? { models: pinModel } : {}),
    ...(pinReports ? { reports: pinReports } : {}),
    work: {
      ...(maxEpochs === undefined ? {} : { maxEpochs }),
      ...(maxSteps === undefined ? {} : { maxSteps }),
      ...(maxLearningRate === undefined ? {} : { maxLearningRate }),
      ...(minBatchSize === undefined ? {} : { minBatchSize }),
      ...(maxBatchSize === undefined ? {} : { maxBatchSize }),
    },
    privacy: {
      ...(minCohort === undefined ? {} : { minimumCohort: minCohort }),
      ...(flags.requireDifferentialPrivacy ? { differentialPrivacy: true } : {}),
      ...(flags.requireSecureAggregation ? { secureAggregation: true } : {}),
    },
  };
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

function whole(least: number) {
  return (text: string): number => {
    const value = parseNumber(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be an integer of at least ${least}.`);
  };
}

function parseList(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function parseHours(text: string): { from: number; to: number } {
  const [from, to, ...more] = text.split('-').map(parseNumber);
  if (from !== undefined && to !== undefined && more.length === 0) return { from, to };
  throw new InvalidArgumentError('It must be like 22-6.');
}

function parseAttributes(text: string): Attributes {
  const entries = parseList(text).map((part) => {
    const [name = '', value, ...more] = part.split('=');
    if (name === '' || value === undefined || more.length > 0) {
      throw new InvalidArgumentError('It must be like region=eu,tag=a.');
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}
