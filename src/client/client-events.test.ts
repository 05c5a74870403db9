/** Every event in the words that people read. */
import { expect, it } from 'vitest';
import { definition } from '../../test/helpers/task.js';
import { type ClientEvent, describeEvent } from './client-events.js';
import type { Protection } from './protection.js';

const place = { runId: 'digits-1', round: 12, model: '2nn' };
const protection: Protection = {
  transport: 'tls',
  differentialPrivacy: false,
  secureAggregation: false,
  minimumCohort: 8,
};
const sent = { bytes: 796_840, sha256: 'ab'.repeat(32), protection };
const update = {
  type: 'update-sent',
  ...place,
  ...sent,
  reports: 'update',
  exampleCount: 600,
  receipt: { outcome: 'accepted', detail: '' },
} as const satisfies ClientEvent;

it.each<[ClientEvent, string]>([
  [
    { type: 'enrolled', server: 'https://a', clientId: 'c', status: 'approved' },
    'Enrolled with https://a as c.',
  ],
  [
    { type: 'enrolled', server: 'https://a', clientId: 'c', status: 'pending' },
    'Enrolled with https://a as c; an operator there has to approve it first.',
  ],
  [
    { type: 'approval-needed', hash: 'ab'.repeat(32), definition },
    'A person must approve the task "Digits" (abababababab) before this client takes part.',
  ],
  [
    { type: 'waiting', reason: 'no round is open', retryAfterMs: 5000 },
    'Nothing to do: no round is open; asks again in 5.0 s.',
  ],
  [
    { type: 'not-eligible', reason: 'it is not charging', retryAfterMs: 60_000 },
    'Takes no part now: it is not charging; looks again in 1 min 00 s.',
  ],
  [
    { type: 'task-received', ...place, kind: 'train', deadlineMs: 30_000 },
    'Was asked to train 2nn, round 12; 30.0 s are left to report.',
  ],
  [
    { type: 'task-refused', ...place, reason: 'the task must have differential privacy, it has none' },
    'Refused to take part in 2nn, round 12: the task must have differential privacy, it has none. No example was used.',
  ],
  [{ type: 'model-downloaded', ...place, bytes: 796_840, cached: false }, 'Fetched 797 kB: 2nn, round 12.'],
  [{ type: 'model-downloaded', ...place, bytes: 796_840, cached: true }, 'Has 2nn, round 12, already.'],
  [
    { type: 'trained', ...place, exampleCount: 600, steps: 1, loss: 0.25, trainMs: 1500 },
    'Trained 2nn, round 12, on 600 examples in 1 step, 1.5 s; loss 0.2500.',
  ],
  [
    update,
    'Sent 797 kB: an update of 2nn, round 12, trained on 600 examples; protected by TLS only; the server folds it into a mean of at least 8 clients.',
  ],
  [
    { ...update, reports: 'params', receipt: { outcome: 'duplicate', detail: '' } },
    'Sent 797 kB: the trained parameters of 2nn, round 12, trained on 600 examples; protected by TLS only; the server has it already and counts it once.',
  ],
  [
    { ...update, receipt: { outcome: 'dropped', detail: 'the round is over' } },
    'Sent 797 kB: an update of 2nn, round 12, trained on 600 examples; protected by TLS only; the server dropped it: the round is over.',
  ],
  [
    { type: 'evaluated', ...place, exampleCount: 1, loss: 2 },
    'Evaluated 2nn, round 12, on 1 example; loss 2.000.',
  ],
  [
    { type: 'report-sent', ...place, ...sent, bytes: 120, what: 'evaluation' },
    'Sent 120 B: the figures of an evaluation of 2nn, round 12; protected by TLS only.',
  ],
  [
    { type: 'report-sent', ...place, ...sent, bytes: 60, what: 'failure' },
    'Sent 60 B: word of a failure of 2nn, round 12; protected by TLS only.',
  ],
  [
    { type: 'failed', reason: 'the loss is not finite', final: false },
    'Failed, and goes on: the loss is not finite.',
  ],
  [
    { type: 'failed', reason: 'the client is not welcome any more', final: true },
    'Stopped: the client is not welcome any more.',
  ],
  [
    { type: 'retrying', what: 'the check-in', reason: 'the server is away', attempt: 2, delayMs: 1200 },
    'Tries the check-in again in 1.2 s (attempt 2): the server is away.',
  ],
  [
    { type: 'clock-corrected', aheadMs: 90_000 },
    "The clock here is 1 min 30 s behind the server's; requests carry the server's time from now on.",
  ],
  [
    { type: 'clock-corrected', aheadMs: -90_000 },
    "The clock here is 1 min 30 s ahead of the server's; requests carry the server's time from now on.",
  ],
  [
    { type: 'left', forgotten: true },
    'Left: the server was told to forget this client, and what was kept here is deleted.',
  ],
  [{ type: 'left', forgotten: false }, 'Left; the identity and what was kept here stay.'],
])('says of %o what it is', (event, words) => {
  expect(describeEvent(event)).toBe(words);
});

it('lets no server move the cursor of a terminal, or begin a line of its own', () => {
  const reason = 'wait\u001b[2J\nSent 0 B: nothing';
  const words = describeEvent({ type: 'waiting', reason, retryAfterMs: 0 });
  expect(words).toBe('Nothing to do: wait?[2J Sent 0 B: nothing; asks again in 0 ms.');
});
