/** The Worker's way to the examples: a store that it reads itself, or the page. */
import type { ClientData } from '../client/rounds.js';
import { clientDataOf, readTexts } from './client-data.js';
import { deleteExamples, exampleDatabase } from './example-database.js';
import { datasetOf } from './example-store.js';
import type { BrowserExamples } from './examples.js';
import { divide } from './held-out.js';
import type { ExampleSource } from './settings.js';

/** Examples, as they are when they are asked for. */
export interface ExampleReader {
  read(): Promise<ClientData>;
  /** All that is text of it; else nothing. */
  typed(): Promise<string>;
  /** Calls `listener` when they are others, until what it returns is called. */
  subscribe(listener: () => void): () => void;
  /** Deletes what a store holds; examples of the page are the page's. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** @param ask has the page's examples */
export function createExampleReader(
  source: ExampleSource,
  ask: () => Promise<BrowserExamples>,
  heldOutFraction: number,
): ExampleReader {
  if (source.type === 'page') {
    const ready = async () => clientDataOf(await ask(), heldOutFraction);
    let once: Promise<ClientData> | undefined;
    return {
      async read() {
        if (source.changes) return ready();
        once ??= ready();
        return once;
      },
      async typed() {
        const given = await ask();
        return 'texts' in given ? (await readTexts(given)).join('\n') : '';
      },
      subscribe: () => () => {},
      forget: async () => {},
      close: async () => {},
    };
  }
  const { name, kind } = source;
  const examples = exampleDatabase(name);
  let last: { readonly version: string; readonly data: ClientData } | undefined;
  const readAll = async (): Promise<ClientData> => {
    const database = await examples.open();
    if (kind === 'text') return clientDataOf({ texts: await database.getAll('texts') }, heldOutFraction);
    const about = (await database.get('about', 'about')) ?? { featureShape: [1], classNames: [] };
    return divide(datasetOf(name, about, await database.getAll('labelled')), heldOutFraction);
  };
  return {
    async read() {
      // Asked before every task, and many examples take a while to read.
      const version = await examples.version(kind === 'text' ? 'texts' : 'labelled');
      if (last?.version !== version) last = { version, data: await readAll() };
      return last.data;
    },
    async typed() {
      return kind === 'text' ? (await (await examples.open()).getAll('texts')).join('\n') : '';
    },
    subscribe: examples.subscribe,
    async forget() {
      last = undefined;
      await deleteExamples(name);
    },
    close: examples.close,
  };
}
