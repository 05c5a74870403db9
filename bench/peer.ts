/** A process of a measurement that goes on while it is asked: a server, or clients. */
import { type ChildProcess, fork } from 'node:child_process';
import { ROOT } from './child.js';

/** What a process tells of itself: CPU milliseconds, and memory in MB. */
export interface Memory {
  readonly peakMb: number;
  readonly pssMb: number;
}

export interface Peer {
  /** Asks, and waits for the answer; rejects when the process fails. */
  ask<T>(type: string, question?: Readonly<Record<string, unknown>>): Promise<T>;
  /** Hears what the process says by itself. */
  onSaid(listener: (said: string) => void): void;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly answer?: unknown;
  readonly failure?: string;
  readonly said?: string;
}

/** Starts `file`, which answers with bench/answer.mjs. */
export function startPeer(file: string, execArgv: readonly string[] = []): Peer {
  const child: ChildProcess = fork(file, [], { cwd: ROOT, execArgv: [...execArgv] });
  const waiting = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  const listeners: ((said: string) => void)[] = [];
  let last = 0;
  child.on('message', ({ id, answer, failure, said }: Message) => {
    if (said !== undefined) for (const listener of listeners) listener(said);
    const asked = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (failure === undefined) asked?.resolve(answer as never);
    else asked?.reject(new Error(failure));
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`${file} has ended with ${code}`));
      resolve();
    });
  });
  return {
    ask: <T>(type: string, question = {}) =>
      new Promise<T>((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        child.send({ id: last, type, ...question });
      }),
    onSaid: (listener) => void listeners.push(listener),
    stop() {
      if (child.connected) child.disconnect();
      return exited;
    },
  };
}
