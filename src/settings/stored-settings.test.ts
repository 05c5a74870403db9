import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { parseServedOptions } from './served-options.js';
import { parseOptions } from './simulation-options.js';
import { restoreModel, restoreSettings, storeSettings } from './stored-settings.js';

const stored = (settings: Parameters<typeof parseOptions>[0]) =>
  JSON.parse(JSON.stringify({ ...storeSettings(parseOptions(settings)), workingDirectory: '/home/of/run' }));

describe('restoreSettings', () => {
  it('finds files where they were, and takes what is no file as it is', () => {
    const text = { data: 'mail.csv', tokens: 'words', vocabulary: 'list.txt' };
    expect(restoreSettings('run', stored(text), parseOptions)).toMatchObject({
      data: resolve('/home/of/run/mail.csv'),
      vocabulary: resolve('/home/of/run/list.txt'),
      model: 'word-cifg',
    });
    const hashed = { data: 'shakespeare-words', vocabulary: 'hashed:512' };
    expect(restoreSettings('run', stored(hashed), parseOptions)).toMatchObject(hashed);
  });

  it('reads those of a server with its own check', () => {
    const run = parseServedOptions({ data: 'mail.csv', label: 'spam', model: 'net.onnx' });
    const config = { ...storeSettings(run), workingDirectory: '/home/of/run' };
    const files = { data: resolve('/home/of/run/mail.csv'), model: resolve('/home/of/run/net.onnx') };
    expect(restoreSettings('run', config, parseServedOptions)).toEqual({ ...run, ...files });
    expect(restoreModel('run', config)).toEqual({ model: files.model });
  });

  it('misses a function that is not handed in', () => {
    expect(() => restoreSettings('run', stored({ stopWhen: () => false }), parseOptions)).toThrow(
      ConfigError,
    );
  });
});

describe('restoreModel', () => {
  it('needs no function that the run had', () => {
    const settings = {
      data: 'shakespeare',
      stopWhen: () => false,
      learningRate: () => 1,
      engine: 'wasm',
    } as const;
    expect(restoreModel('run', stored(settings))).toMatchObject({ model: 'char-lstm', engine: 'wasm' });
  });

  it('finds a model file where it was', () => {
    expect(restoreModel('run', stored({ model: 'net.onnx' })).model).toBe(resolve('/home/of/run/net.onnx'));
  });

  it('refuses a run that had a trainer of its own', () => {
    expect(() => restoreModel('run', stored({ trainer: { module: 'mine.ts' } }))).toThrow(
      'run must have trained a model, got one with a trainer of its own',
    );
  });
});
