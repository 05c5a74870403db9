import { expect, it } from 'vitest';
import type { ClientSummary } from '../../round/run-events.js';
import { labelPicture } from './label-picture.js';

const WIDE = { color: false, columns: 100 };

function client(clientId: number, labelCounts: number[]): ClientSummary {
  const trainCount = labelCounts.reduce((sum, count) => sum + count, 0);
  return { clientId, name: `client ${clientId}`, trainCount, heldOutCount: 2, labelCounts };
}

it('shows counts and shades, the darkest for the largest class of a client', () => {
  const text = labelPicture(
    [client(0, [100, 0, 1, 50]), client(1, [0, 0, 0, 8])],
    ['0', '1', '2', '3'],
    WIDE,
  );
  expect(text.split('\n')).toEqual([
    'client    train  held out    0  1  2   3   0123',
    'client 0    151         2  100  0  1  50  |█ ░▒|',
    'client 1      8         2    0  0  0   8  |   █|',
  ]);
});

it('keeps the picture and leaves out the counts when the terminal is narrow', () => {
  const text = labelPicture([client(0, [4, 0])], ['cat', 'dog'], {
    color: false,
    columns: 34,
    unicode: false,
  });
  expect(text).toBe('client    train  held out   labels\nclient 0      4         2  |# |');
});

it('lists the first of many clients and summarises all', () => {
  const clients = Array.from({ length: 101 }, (_, index) => client(index, [index, 100]));
  const lines = labelPicture(clients, ['a', 'b'], WIDE).split('\n');
  expect(lines).toHaveLength(1 + 20 + 5);
  expect(lines[21]).toBe('and 81 more');
  expect(lines.slice(-3).map((line) => line.split(/ +/))).toEqual([
    ['smallest', '100', '2', '0', '100'],
    ['median', '150', '2', '50', '100'],
    ['largest', '200', '2', '100', '100'],
  ]);
});

it('lists all clients while they are few enough', () => {
  const clients = Array.from({ length: 24 }, (_, index) => client(index, [1]));
  expect(labelPicture(clients, ['a'], WIDE).split('\n')).toHaveLength(25);
});

it('draws bars where there are no classes', () => {
  const { labelCounts: _, ...plainClient } = client(0, [50]);
  const text = labelPicture([plainClient, { ...plainClient, trainCount: 25 }], [], {
    ...WIDE,
    unicode: false,
  });
  expect(text).toContain(`  ${'#'.repeat(24)}\n`);
  expect(text.endsWith(`  ${'#'.repeat(12)}`)).toBe(true);
});
