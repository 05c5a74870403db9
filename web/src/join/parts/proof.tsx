/** What leaves this device, in words, and the proof: every request that was sent, beside what stayed. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { howProtected, whatIsLearned, whatLeaves } from '../../../../src/browser/element/words.js';
import type { Contribution, RequestPurpose, RequestRecord } from '../../../../src/browser/records.js';
import { protectionOf } from '../../../../src/client/protection.js';
import { formatBytes, formatCount, formatPlural } from '../../../../src/format.js';
import type { Offer } from '../../../../src/protocol/messages.js';
import type { Joiner } from '../state/joiner.js';
import { bytesOf, groupRequests, mergeRequests, type RequestGroup } from '../state/request-list.js';
import { countOf } from '../state/sentences.js';
import { ownRequests } from '../state/server.js';
import { History } from './history.js';
import { LeaveButton } from './leave.js';

/** What never leaves. */
export interface Stays {
  readonly count: number;
  readonly bytes: number;
}

const LOOK_EVERY_MS = 1_500;
/** Rows of the table; all of them count. */
const SHOWN = 60;

const PURPOSES: Readonly<Record<RequestPurpose, string>> = {
  'server-info': 'who gets in',
  offers: 'what there is to learn',
  enrolment: 'makes the key known',
  'check-in': 'asks for something to do',
  'wake-up': 'waits to be called',
  model: 'gets the model',
  update: 'what training changed',
  'upload-offset': 'how much of it is there',
  evaluation: 'figures of an evaluation',
  failure: 'this round failed here',
  leaving: 'leaves',
  other: 'other',
};

export function Proof({ joiner, offer, stays }: { joiner: Joiner; offer: Offer | undefined; stays: Stays }) {
  const requests = useSignal<readonly RequestRecord[]>([]);
  const history = useSignal<readonly Contribution[]>([]);
  const state = joiner.state.value;
  const definition = state.definition ?? offer?.definition ?? null;
  const protection = state.protection ?? (definition && protectionOf(location.origin, definition));
  useEffect(() => {
    const refresh = async () => {
      if (document.visibilityState === 'hidden') return;
      requests.value = mergeRequests(await joiner.requests(), ownRequests.peek());
    };
    void refresh();
    const timer = setInterval(() => void refresh(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [joiner, requests]);
  const isLeft = state.status === 'left';
  useEffect(() => {
    joiner.history().then(
      (given) => {
        history.value = given;
      },
      // Who cannot keep anything has given nothing.
      () => {},
    );
  }, [joiner, history, state.totals.bytes, isLeft]);
  const groups = groupRequests(requests.value);
  const sent = bytesOf(requests.value);
  return (
    <section class="panel proof" aria-labelledby="proof-title">
      <h2 id="proof-title" class="panel-title">
        What leaves this device
      </h2>
      <div class="proof-words">
        <p>{whatIsLearned(definition)}</p>
        <p>{whatLeaves(definition)}</p>
        <p>{howProtected(protection)}</p>
      </div>
      <dl class="proof-tiles">
        <div class="stays">
          <dt>Stays here</dt>
          <dd>
            <strong>{countOf(joiner.kind, stays.count)}</strong> {formatBytes(stays.bytes)}
          </dd>
        </div>
        <div>
          <dt>Has left, all in all</dt>
          <dd>
            <strong>{formatBytes(sent)}</strong> in {formatPlural(requests.value.length, 'request')}
          </dd>
        </div>
        <div>
          <dt>Given to the model</dt>
          <dd>
            <strong>{formatPlural(state.totals.updates, 'update')}</strong> {formatBytes(state.totals.bytes)}
          </dd>
        </div>
      </dl>
      <details class="more" open>
        <summary>Every request of this page ({formatCount(requests.value.length)})</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section class="requests-scroll" tabIndex={0} aria-label="Requests, the newest first">
          <table class="requests">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What for</th>
                <th scope="col">Request</th>
                <th scope="col" class="num">
                  Body
                </th>
                <th scope="col" class="num">
                  Answer
                </th>
              </tr>
            </thead>
            <tbody>
              {groups.slice(0, SHOWN).map((group) => (
                <Row key={`${group.since} ${group.method} ${group.path} ${group.bytes}`} group={group} />
              ))}
            </tbody>
          </table>
        </section>
        {groups.length > SHOWN && <p class="note">Older ones count in the total.</p>}
      </details>
      <History history={history.value} />
      <div class="proof-foot">
        <p class="note">
          {state.clientId === null
            ? 'This device is not known to the server.'
            : `The server knows this device by a key only: ${state.clientId.slice(0, 12)}…`}
        </p>
        <LeaveButton joiner={joiner} stays={stays} contributions={history.value.length} />
      </div>
    </section>
  );
}

function Row({ group }: { group: RequestGroup }) {
  const { purpose, method, path, at, since, count, bytes, status, body } = group;
  return (
    <tr class={bytes > 0 ? 'has-body' : ''}>
      <td class="when">
        {timeOf(since)}
        {count > 1 && <span> – {timeOf(at)}</span>}
      </td>
      <td class="purpose">
        {PURPOSES[purpose]}
        {count > 1 && <span class="times"> × {count}</span>}
      </td>
      <td class="request">
        <code>
          {method} {path}
        </code>
        {body !== undefined && <code class="body">{body}</code>}
      </td>
      <td class="num">{bytes === 0 ? '–' : formatBytes(bytes * count)}</td>
      <td class="num">{status === null ? '…' : status === 0 ? 'none' : status}</td>
    </tr>
  );
}

function timeOf(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
