/** The three sentences of the element. */
import { describe, expect, it } from 'vitest';
import { definition } from '../../../test/helpers/task.js';
import { howProtected, whatIsLearned, whatLeaves } from './words.js';

const data = { task: 'classification', featureShape: [2], classCount: 3 } as const;
const named = { ...definition, title: 'Reading', description: '', data };

describe('the element', () => {
  it('says what is learned', () => {
    expect(whatIsLearned({ ...named, data: { ...data, classNames: ['a', 'b', 'c'] } })).toBe(
      '"Reading": a model learns to tell 3 classes apart (a, b, c) from the examples of many devices, each of which keeps its own.',
    );
    expect(
      whatIsLearned({ ...named, description: 'For the blind.', data: { ...data, task: 'regression' } }),
    ).toBe(
      '"Reading": a model learns to estimate a number from the examples of many devices, each of which keeps its own. For the blind.',
    );
    expect(whatIsLearned({ ...named, data: { ...data, task: 'next-token' } })).toContain(
      'learns to suggest what comes next in a text',
    );
    expect(whatIsLearned(null)).toContain('A model learns from the examples of many devices');
  });

  it('shows what a server says on one line and without control characters', () => {
    expect(whatIsLearned({ ...named, title: 'a\u202Eb\nc' })).toContain('"a?b c"');
  });

  it('says what leaves', () => {
    const model = { ...definition.model, parameterCount: 1000 };
    expect(whatLeaves({ ...named, model, reports: 'update' })).toBe(
      'After each round 4.0 kB leave this device: what training changed in it, with the number of examples and the mean loss. No example ever does.',
    );
    expect(whatLeaves({ ...named, model, reports: 'params' })).toContain('its trained parameters');
  });

  it('says how it is protected, and that this is not all where it is not', () => {
    const protection = {
      ...({ transport: 'tls', minimumCohort: 8 } as const),
      ...{ differentialPrivacy: false, secureAggregation: false },
    };
    expect(howProtected(protection)).toBe(
      'What leaves is protected by TLS only; the server folds it into a mean of at least 8 clients. It says something about the examples all the same.',
    );
    expect(howProtected({ ...protection, differentialPrivacy: true })).not.toContain('all the same');
    expect(howProtected(null)).toBe('');
  });
});
