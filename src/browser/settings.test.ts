/** What a page may tell a participant, and the sentence for what it may not. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExampleStore } from './example-store.js';
import { examplesOfCsv } from './examples.js';
import { type ParticipantOptions, workerSettings } from './settings.js';

beforeAll(() => vi.stubGlobal('location', new URL('https://page.example.org/a/page?x#y')));
afterAll(() => vi.unstubAllGlobals());

const examples = { texts: ['to be or not to be'] };

describe('settings', () => {
  it('are those of the page where it says nothing', () => {
    expect(workerSettings({ examples })).toEqual({
      ...{ server: 'https://page.example.org', storage: 'tessera', heldOutFraction: 0.2 },
      ...{ eligibility: { minExamples: 1 }, accept: {}, asksApproval: false },
      ...{ engine: { wasmPaths: 'https://page.example.org/ort/' } },
      source: { type: 'page', changes: false },
    });
  });

  it('can all be carried to the Worker, whose questions stay with the page', () => {
    const settings = workerSettings({
      examples: () => examples,
      server: 'https://fed.example.org/',
      accept: { models: ['2nn'], approve: () => 'approved' },
      eligibility: { charging: true },
      onEvent: () => {},
    });
    expect(structuredClone(settings)).toEqual(settings);
    expect(settings).toMatchObject({
      ...{ server: 'https://fed.example.org', accept: { models: ['2nn'] }, asksApproval: true },
      ...{ source: { type: 'page', changes: true }, eligibility: { charging: true, minExamples: 1 } },
    });
  });

  it('name a store, which the Worker opens by itself', () => {
    const store = createExampleStore('drawn', { featureShape: [2], classNames: ['a', 'b'] });
    expect(workerSettings({ examples: store }).source).toEqual({
      ...{ type: 'store', name: 'drawn', kind: 'labelled' },
    });
  });

  it.each<[Partial<Record<keyof ParticipantOptions, unknown>>, string]>([
    [{ examples: undefined }, 'examples must be a store, examples or a function, got undefined'],
    [{ examples: null }, 'examples must be a store, examples or a function, got null'],
    [{ examples: 'text' }, 'examples must be a store, examples or a function, got text'],
    [{ server: 'fed' }, 'server must be an address like https://example.org, got "fed"'],
    [{ server: 'http://fed.example.org' }, 'server must be an https address'],
    [{ storage: 'a/b' }, 'storage must be 1 to 60 letters, digits, ".", "_" and "-"'],
    [{ heldOutFraction: 1 }, 'heldOutFraction must be from 0 to below 1, got 1'],
    [{ heldOutFraction: Number.NaN }, 'heldOutFraction must be from 0 to below 1, got NaN'],
    [{ eligibility: { minExamples: -1 } }, 'minExamples must be'],
    [{ accept: { model: ['2nn'] } }, 'acceptance'],
  ])('%o are refused', (wrong, sentence) => {
    expect(() => workerSettings({ examples, ...wrong } as ParticipantOptions)).toThrow(sentence);
  });
});

it('calls a table by the name of its file', () => {
  const file = new File(['a,b\n1,2\n'], 'loans.csv');
  expect(examplesOfCsv(file, { label: 'b' }).options).toEqual({ file: 'loans.csv', label: 'b' });
  expect(examplesOfCsv(new Blob(), { label: 'b' }).options).toEqual({ label: 'b' });
});
