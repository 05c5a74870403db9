/** What a program that uses Tessera sees: every subpath loads, and those for browsers need no Node. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { StoreError, simulate } from '../../dist/index.js';
import { emptyFolder, eventsOf } from '../helpers/cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { default: string; browser?: string | { default: string } }>;
};
const faces = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, file: resolve(root, target.default) }],
);

/** All modules that a compiled file loads, by path or by name. */
function modulesOf(file: string, seen = new Set<string>()): Set<string> {
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'([^']+)'/g)) {
    const module = name.startsWith('.') ? resolve(dirname(file), name) : name;
    if (seen.has(module)) continue;
    seen.add(module);
    if (name.startsWith('.')) modulesOf(module, seen);
  }
  return seen;
}

describe('the package', () => {
  it.each(faces)('loads as $subpath, with names in it', async ({ file }) => {
    const names = Object.keys((await import(pathToFileURL(file).href)) as object);
    expect(names.length).toBeGreaterThan(0);
    expect(names).not.toContain('default');
  });

  it.each(['./strategy', './learn', './data', './params', './engine'])('needs no Node for %s', (subpath) => {
    const face = faces.find((each) => each.subpath === subpath)!;
    const modules = [...modulesOf(face.file)];
    expect(modules.filter((name) => name.startsWith('node:'))).toEqual([]);
  });

  it('brings neither Node nor the native engine into a browser', () => {
    const { browser } = exports['./engine'] as { browser: string };
    const modules = [...modulesOf(resolve(root, browser))];
    expect(modules).toContain('onnxruntime-web/wasm');
    expect(modules.filter((name) => name.startsWith('node:') || name === 'onnxruntime-node')).toEqual([]);
  });

  it('brings a client without Node into a browser', () => {
    const { browser } = exports['./client'] as { browser: { default: string } };
    const modules = [...modulesOf(resolve(root, browser.default))];
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.filter((name) => name.startsWith('node:') || name === 'onnxruntime-node')).toEqual([]);
  });

  it('finds what a face loads: the simulation needs Node', () => {
    const face = faces.find((each) => each.subpath === './simulation')!;
    expect([...modulesOf(face.file)]).toContain('node:worker_threads');
  });
});

describe('simulate', () => {
  const settings = { examples: 100, model: 'logistic', clients: 3, threads: 1, name: 'run' } as const;

  it('hands over events, result and model', async () => {
    const out = await emptyFolder();
    const types: string[] = [];
    const result = await simulate(
      { ...settings, rounds: 1, out },
      { onEvent: ({ type }) => void types.push(type) },
    );
    expect(types).toEqual((await eventsOf(result.directory)).map(({ type }) => type));
    expect(result.params.layout.entries.map(({ name }) => name)).toEqual(['dense1.weight', 'dense1.bias']);
    expect(result.finished.reason).toBe('rounds');
  });

  it('ends when its signal says so', async () => {
    const out = await emptyFolder();
    const controller = new AbortController();
    const { finished } = await simulate(
      { ...settings, rounds: 50, out },
      {
        signal: controller.signal,
        onEvent: (event) => event.type === 'round-finished' && event.round === 2 && controller.abort(),
      },
    );
    expect(finished).toMatchObject({ reason: 'interrupted', rounds: 2 });
  });

  it('ends with an error that says which', async () => {
    const out = await emptyFolder();
    await simulate({ ...settings, rounds: 0, out });
    await expect(simulate({ ...settings, rounds: 0, out })).rejects.toThrow(StoreError);
  });
});
