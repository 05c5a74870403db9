/** Runs the compiled command as people do: a process, its output, its exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import type { RunEvent } from '../../src/round/run-events.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What a process left behind. `code` is null where a signal ended it. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Resolves when so many lines have been printed, or the process has ended. */
  lines(count: number): Promise<void>;
  /** Resolves when a printed line holds the text, or the process has ended. */
  line(text: string): Promise<void>;
  readonly done: Promise<CliResult>;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether standard input is a pipe to write to, `child.stdin`; else there is none. */
  readonly input?: boolean;
}

/** Starts `tessera` with arguments, in an environment without settings of its own. */
export function startCli(args: readonly string[], { cwd, env = {}, input = false }: CliOptions): CliProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let ended = false;
  const waiting = new Set<{ fits: () => boolean; resolve: () => void }>();
  const wake = () => {
    for (const each of waiting) {
      if (!ended && !each.fits()) continue;
      waiting.delete(each);
      each.resolve();
    }
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      ended = true;
      wake();
      resolve({ code, signal, stdout, stderr });
    });
  });
  const until = (fits: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.add({ fits, resolve });
      wake();
    });
  return {
    child,
    lines: (count) => until(() => stdout.split('\n').length > count),
    line: (text) => until(() => stdout.includes(text)),
    done,
  };
}

/** Runs `tessera` to its end. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).done;
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** An empty folder that goes when the tests of the file are done. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
  folders.push(folder);
  return folder;
}

/** The lines of a text, without the empty one after the last newline. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The events in a run's log; fails where a line is not JSON. */
export async function eventsOf(run: string): Promise<RunEvent[]> {
  const log = await readFile(join(run, 'events.jsonl'), 'utf8');
  return linesOf(log).map((line) => JSON.parse(line) as RunEvent);
}

/** Name and bytes of every model that a run keeps. */
export async function modelsOf(run: string): Promise<Record<string, string>> {
  const folder = join(run, 'models');
  const names = (await readdir(folder)).toSorted();
  const bytes = await Promise.all(names.map((name) => readFile(join(folder, name), 'base64')));
  return Object.fromEntries(names.map((name, index) => [name, bytes[index] ?? '']));
}

/** One sentence on standard error, nothing else, and the exit code of a failure (1) or of a wrong call (2). */
export function expectRefusal(
  { code, stdout, stderr }: CliResult,
  exitCode: 1 | 2,
  sentence: string | RegExp,
): void {
  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/^tessera: [^\n]+\n$/);
  expect(stdout).toBe('');
  expect(code).toBe(exitCode);
}
