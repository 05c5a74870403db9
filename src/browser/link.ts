/** Calls between a page and its Worker, both ways. What they may ask of each other is in `talk.ts`. */
import { ConfigError, TransportError } from '../errors.js';
import { fromWire, toWire, type WireError } from './wire-error.js';

/** Functions by name, whose arguments and results structured clone can carry. */
type Functions<T> = { readonly [N in keyof T]: (...args: never[]) => unknown };

/** What crosses. An `id` of null wants no answer. */
type Message =
  | {
      readonly type: 'call';
      readonly id: number | null;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: WireError };

/** The part of a Worker, or of a Worker's own scope, that carries messages. */
export interface MessageEnd {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** The other side, whose functions are `T`. */
export interface Link<T extends Functions<T>> {
  /** Rejects with the error of the other side: its class, code and sentence. */
  call<N extends keyof T & string>(name: N, ...args: Parameters<T[N]>): Promise<Awaited<ReturnType<T[N]>>>;
  /** Calls, and waits for nothing. */
  tell<N extends keyof T & string>(name: N, ...args: Parameters<T[N]>): void;
  /** The other side is gone: calls that wait for it fail, and so do those to come. */
  close(): void;
}

/** @param mine what the other side may call here: its own functions, looked up at each call */
export function createLink<T extends Functions<T>>(end: MessageEnd, mine: object): Link<T> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let isOpen = true;
  const post = (message: Message) => end.postMessage(message);

  const answer = async (id: number | null, name: string, args: readonly unknown[]) => {
    try {
      const own = Object.hasOwn(mine, name) ? (mine as Record<string, unknown>)[name] : undefined;
      if (typeof own !== 'function')
        throw new ConfigError(`a call must be of a function that is there, got ${name}`);
      const value: unknown = await own(...args);
      if (id !== null) post({ type: 'answer', id, value });
    } catch (error) {
      if (id !== null) post({ type: 'failure', id, error: toWire(error) });
    }
  };
  end.addEventListener('message', ({ data }) => {
    const message = data as Message;
    switch (message.type) {
      case 'call':
        void answer(message.id, message.name, message.args);
        break;
      case 'answer':
        waiting.get(message.id)?.resolve(message.value);
        waiting.delete(message.id);
        break;
      case 'failure':
        waiting.get(message.id)?.reject(fromWire(message.error));
        waiting.delete(message.id);
        break;
      default:
        // Others may use the same channel.
        message satisfies never;
    }
  });

  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(gone());
        const id = calls++;
        waiting.set(id, { resolve: (value) => resolve(value as never), reject });
        post({ type: 'call', id, name, args });
      }),
    tell(name, ...args) {
      if (isOpen) post({ type: 'call', id: null, name, args });
    },
    close() {
      isOpen = false;
      for (const { reject } of waiting.values()) reject(gone());
      waiting.clear();
    },
  };
}

function gone(): TransportError {
  return new TransportError('the Worker has been ended');
}
