/** What a page shows of what the client tells. */
import { describe, expect, it } from 'vitest';
import { definition, task } from '../../test/helpers/task.js';
import type { ClientEvent } from '../client/client-events.js';
import { initialState, type ParticipantState } from './participant-state.js';
import { withEvent, withTask } from './state-of-events.js';

const place = { runId: 'r', round: 3, model: '2nn' };
const sent = {
  ...{ bytes: 10, sha256: 'ab' },
  protection: {
    ...({ transport: 'tls', minimumCohort: 2 } as const),
    ...{ differentialPrivacy: false, secureAggregation: false },
  },
};
const start = initialState('https://fed.example.org');
const enrolled = { type: 'enrolled', server: 'https://fed.example.org', clientId: 'me' } as const;
const told = (...events: ClientEvent[]): ParticipantState =>
  events.reduce((state, event) => withEvent(state, event), start);
const waiting = (reason: string) => ({ type: 'waiting', reason, retryAfterMs: 1000 }) as const;

describe('the state', () => {
  it('follows a task from beginning to end', () => {
    const steps: ClientEvent[] = [
      { ...enrolled, status: 'approved' },
      { type: 'task-received', kind: 'train', deadlineMs: 1000, ...place },
      { type: 'model-downloaded', bytes: 10, cached: false, ...place },
      { type: 'trained', exampleCount: 5, steps: 1, loss: 1, trainMs: 1, ...place },
      {
        ...{ type: 'update-sent', reports: 'params', exampleCount: 5, ...place, ...sent },
        receipt: { outcome: 'accepted', detail: '' },
      },
    ];
    const shown = steps.map((_, at) => told(...steps.slice(0, at + 1)));
    expect(shown.map(({ status, progress }) => `${status} ${progress?.phase ?? '-'}`)).toEqual([
      'waiting -',
      'working downloading',
      'working training',
      'working uploading',
      'waiting -',
    ]);
    expect(shown.at(-1)?.clientId).toBe('me');
    expect(shown.at(-1)?.sentence).toContain('the server folds it into a mean of at least 2 clients');
  });

  it('knows an evaluation from training', () => {
    const downloaded = { type: 'model-downloaded', bytes: 10, cached: true, ...place } as const;
    expect(withEvent(start, downloaded, 'evaluate').progress?.phase).toBe('evaluating');
  });

  it('stays at waiting for an operator until there is another word', () => {
    const unapproved = { ...waiting('an operator has to look first'), pending: true } as const;
    const pending = told({ ...enrolled, status: 'pending' }, unapproved);
    expect(pending.status).toBe('pending');
    expect(withEvent(pending, waiting('no run is open')).status).toBe('waiting');
  });

  it('goes on with a task after a retry, and back to what it was where one fails', () => {
    const retrying = { type: 'retrying', what: 'the report', reason: 'x', attempt: 1, delayMs: 1 } as const;
    expect(told(retrying).status).toBe('retrying');
    expect(told({ type: 'failed', reason: 'x', final: false }).status).toBe('waiting');
    expect(told({ type: 'failed', reason: 'x', final: true }).status).toBe('failed');
    expect(told({ type: 'left', forgotten: true }).status).toBe('left');
  });

  it('says what is learned, and how that is protected', () => {
    expect(withTask(start, task)).toMatchObject({
      ...{ definition, round: task.round },
      protection: { transport: 'tls', ...definition.privacy },
    });
  });
});
