import { expect, it } from 'vitest';
import { ConfigError } from '../../../../src/errors.js';
import { parseServedOptions } from '../../../../src/settings/served-options.js';
import { FIELDS, fieldOf, settingsFrom } from './new-run-fields.js';

function formOf(values: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return form;
}

it('makes settings that a server takes of the form as it stands', () => {
  const values = Object.entries(FIELDS).map(([name, field]) => [name, 'value' in field ? field.value : '']);
  const settings = settingsFrom(formOf(Object.fromEntries(values)));
  expect(parseServedOptions(settings)).toMatchObject({
    model: '2nn',
    rounds: 20,
    learningRate: 0.1,
    cohort: 10,
  });
});

it('leaves out what is empty, takes numbers for numbers, and the rest as it is', () => {
  expect(
    settingsFrom(
      formOf({
        ...{ name: ' a ', rounds: '7', batchSize: 'full', featureShape: '1, 28,28', cohort: '' },
        rest: '{"momentum": 0.9}',
      }),
    ),
  ).toEqual({ name: 'a', rounds: 7, batchSize: 'full', featureShape: [1, 28, 28], momentum: 0.9 });
});

it('leaves what is no number to the server, which says what it expected', () => {
  expect(settingsFrom(formOf({ rounds: 'many' }))).toEqual({ rounds: 'many' });
  expect(() => parseServedOptions({ rounds: 'many' })).toThrow(/^rounds must be an integer .*got "many"/);
});

it('refuses a rest that is no object of JSON', () => {
  for (const rest of ['{', '[]', 'null', '3']) {
    expect(() => settingsFrom(formOf({ rest }))).toThrow(ConfigError);
  }
});

it('finds the field that a sentence is about', () => {
  expect(fieldOf('learningRate must be a positive number, got -1.')).toBe('learningRate');
  expect(fieldOf('momentum must be from 0 to below 1, got 2.')).toBe('rest');
  expect(fieldOf('Plateau.patience is wrong.')).toBeUndefined();
  expect(fieldOf('The server does not answer.')).toBeUndefined();
});
