import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { createRun } from './run-directory.js';
import { listModels, listRuns, readModel, readRun, readVocabulary } from './stored-run.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-stored-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('readVocabulary', () => {
  it('reads what was saved', async () => {
    const run = await createRun(root, 'a', null);
    const vocabulary = { type: 'words', names: ['<pad>', 'né', "don't"], firstPredicted: 1 } as const;
    await run.saveVocabulary(vocabulary);
    await run.close();
    expect(await readVocabulary(run.path)).toEqual(vocabulary);
  });

  it.each([
    ['{"type":', 'vocabulary.json is damaged: it must be JSON'],
    ['null', 'vocabulary.json is damaged: it must hold a vocabulary'],
    ['{"type":"words","names":["a"]}', 'it must hold a vocabulary'],
    ['{"type":"words","names":[1],"firstPredicted":0}', 'it must hold a vocabulary'],
    ['{"type":"tunes","names":["a"],"firstPredicted":0}', 'it must hold a vocabulary'],
  ])('refuses %s', async (text, sentence) => {
    await writeFile(join(root, 'vocabulary.json'), text);
    await expect(readVocabulary(root)).rejects.toThrow(StoreError);
    await expect(readVocabulary(root)).rejects.toThrow(sentence);
  });

  it('refuses a run that has none', async () => {
    await expect(readVocabulary(root)).rejects.toThrow('vocabulary.json could not be read');
  });
});

describe('readRun', () => {
  it('reads a run while another holds it, and leaves no trace', async () => {
    const run = await createRun(root, 'a', { seed: 1 });
    await run.append({ type: 'run-resumed', time: 5, round: 2 });
    const before = await readdir(run.path);
    expect(await readRun(run.path)).toEqual({
      path: run.path,
      runId: 'a',
      config: { seed: 1 },
      events: [{ type: 'run-resumed', time: 5, round: 2 }],
      torn: false,
    });
    expect(await readdir(run.path)).toEqual(before);
    await run.close();
  });

  it('says when half a line stands at the end', async () => {
    const run = await createRun(root, 'a', null);
    await run.close();
    await writeFile(join(run.path, 'events.jsonl'), '{"type":"run-');
    expect(await readRun(run.path)).toMatchObject({ events: [], torn: true, config: null });
  });

  it('refuses what is no run, or a damaged one', async () => {
    const path = join(root, 'a');
    const refusal = async (message: string) => {
      await expect(readRun(path)).rejects.toThrow(new StoreError(message));
    };
    await refusal(`run directory ${path} could not be read: it does not exist`);
    await mkdir(path);
    await refusal(`run directory ${path} must hold config.json, got none`);
    await writeFile(join(path, 'config.json'), '{"seed":');
    await refusal(`${join(path, 'config.json')} is damaged: it must be JSON`);
    await writeFile(join(path, 'config.json'), '{}');
    await writeFile(join(path, 'events.jsonl'), '{}\n');
    await refusal(`${join(path, 'events.jsonl')} is damaged: line 1 must be an event`);
    await expect(readRun(join(path, 'config.json'))).rejects.toThrow(/a file is in the way/);
  });
});

describe('listRuns', () => {
  it('lists runs by name and passes over everything else', async () => {
    for (const runId of ['b', 'a', 'c']) await (await createRun(root, runId, {})).close();
    await mkdir(join(root, 'no-run', 'config.json'), { recursive: true });
    await writeFile(join(root, 'file'), '');
    expect(await listRuns(root)).toEqual(
      ['a', 'b', 'c'].map((runId) => ({ runId, path: join(root, runId) })),
    );
  });

  it('finds nothing where nothing is, and says why when it cannot look', async () => {
    expect(await listRuns(join(root, 'missing'))).toEqual([]);
    await writeFile(join(root, 'file'), '');
    await expect(listRuns(join(root, 'file'))).rejects.toThrow(StoreError);
  });
});

describe('models', () => {
  it('are listed in the order of their rounds and read back', async () => {
    const run = await createRun(root, 'a', {});
    for (const round of [10, 9, 0]) await run.saveModel(round, Uint8Array.of(round));
    await writeFile(join(run.path, 'models', '3.safetensors.tmp'), '');
    await run.close();
    expect(await listModels(run.path)).toEqual([0, 9, 10]);
    expect(await readModel(run.path, 9)).toEqual(Buffer.of(9));
    const missing = join(run.path, 'models', '3.safetensors');
    await expect(readModel(run.path, 3)).rejects.toThrow(
      new StoreError(`${missing} could not be read: it does not exist`),
    );
  });
});
