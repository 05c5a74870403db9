import { expect, it } from 'vitest';
import type { TaskDefinition } from '../../../../src/protocol/messages.js';
import { kindOf } from './kinds.js';

const kind = (data: TaskDefinition['data']) => kindOf({ data } as TaskDefinition);
const classes = { task: 'classification', classCount: 10 } as const;

it('puts pictures of 28 by 28 pixels to drawing, text of a known vocabulary to writing, and the rest nowhere', () => {
  expect(kind({ ...classes, featureShape: [1, 28, 28] })).toBe('draw');
  expect(kind({ ...classes, featureShape: [28, 28] })).toBe('draw');
  expect(kind({ ...classes, featureShape: [3, 32, 32] })).toBeUndefined();
  expect(kind({ ...classes, featureShape: [28, 28], classCount: 1000 })).toBeUndefined();
  expect(kind({ task: 'regression', featureShape: [28, 28], classCount: 0 })).toBeUndefined();
  const text = { task: 'next-token', featureShape: [20], classCount: 90 } as const;
  expect(kind({ ...text, vocabulary: 'words' })).toBe('write');
  expect(kind({ ...text, vocabulary: { hashed: 64 } })).toBe('write');
  expect(kind(text)).toBeUndefined();
});
