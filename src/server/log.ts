/**
 * The server's log: JSON lines, or short lines for people on a terminal.
 *
 * Threats: names, network addresses and tokens end up in logs, which live longer and are read by more people than the
 * database; a stranger's words forge lines or talk to the terminal. Texts are fixed in the code (the type sees to it),
 * fields are those of a list, each in a form of its own, and the words of errors are scrubbed.
 */
import { pino } from 'pino';
import { FederatedError } from '../errors.js';
import { type ProblemCode, Refusal } from '../protocol/problem.js';
import { scrub, shortKeyId } from './scrub.js';

/** From the least to the most; `silent` writes nothing. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** What a line may say beside its text. */
export interface LogFields {
  /** Written in short. */
  readonly clientId?: string;
  /** The index of a client. */
  readonly client?: number;
  readonly runId?: string;
  readonly population?: string;
  readonly round?: number;
  /** The template, never the path. */
  readonly route?: string;
  readonly status?: number;
  readonly problem?: ProblemCode;
  readonly outcome?: string;
  readonly durationMs?: number;
  readonly bytes?: number;
  readonly count?: number;
  /** Of this server itself. */
  readonly port?: number;
  /** Any error: its code and its words without what is personal, of a refusal only the code. */
  readonly error?: unknown;
}

/** A text that stands in the code as it is, with nothing put in. */
type FixedText<Text extends string> = Record<never, never> extends Record<Text, 1> ? never : Text;

type Write = <Text extends string>(text: FixedText<Text>, fields?: LogFields) => void;

/** Writes lines of its level and above. */
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, Write>>;

/** Where lines go, such as `process.stdout`. */
export interface LogOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const MOST_TEXT = 300;
const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

const text = (value: unknown) => scrub(String(value)).slice(0, MOST_TEXT);
const number = (value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : undefined);

/** The form of each field; what is not here is not written, even where the types were circumvented. */
const FIELDS: Readonly<Record<keyof LogFields, (value: unknown) => unknown>> = {
  clientId: (value) => shortKeyId(String(value)),
  client: number,
  runId: text,
  population: text,
  round: number,
  route: text,
  status: number,
  problem: text,
  outcome: text,
  durationMs: number,
  bytes: number,
  count: number,
  port: number,
  error: describeError,
};

/** A log that writes to `output`: for people where that is a terminal, JSON where it is not. */
export function createLog(level: LogLevel, output: LogOutput = process.stdout): Log {
  const stream = output.isTTY ? { write: (line: string) => output.write(forPeople(line)) } : output;
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, stream);
  const write =
    (label: (typeof LEVELS)[number]): Write =>
    (message, fields = {}) => {
      if (logger.isLevelEnabled(label)) logger[label](permitted(fields), message);
    };
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
}

function permitted(fields: LogFields): Record<string, unknown> {
  const names = Object.keys(FIELDS) as (keyof LogFields)[];
  const entries = names.filter((name) => fields[name] !== undefined);
  return Object.fromEntries(entries.map((name) => [name, FIELDS[name](fields[name])]));
}

function describeError(error: unknown): object {
  // Its words may quote the client's.
  if (error instanceof Refusal) return { code: error.problem };
  if (!(error instanceof Error)) return { code: 'unknown', message: text(error) };
  const known = error instanceof FederatedError;
  const at = known ? [] : (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    code: known ? error.code : error.name,
    message: text(error.message),
    ...(at.length > 0 && { at: at.map((line) => line.trim()) }),
  };
}

function forPeople(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[String(time).slice(11, 19), String(level).padEnd(5), msg, ...words].join(' ')}\n`;
}
