/** What a person needs to get in, where the server does not let everybody in. */
import { invitation, visitorName } from '../state/door.js';
import type { Joiner } from '../state/joiner.js';
import { enrolment } from '../state/server.js';

export function Door({ joiner }: { joiner: Joiner }) {
  const { clientId, status } = joiner.state.value;
  const policy = enrolment.value;
  if (policy === undefined || policy === 'open') return null;
  const isPending = joiner.isPending.value;
  const isIn = clientId !== null && !isPending && status !== 'failed' && status !== 'left';
  if (isIn) return null;
  const needsToken = policy === 'invitation';
  return (
    <section class="panel door" aria-labelledby="door-title">
      <h2 id="door-title" class="panel-title">
        {isPending ? 'Waiting for an operator' : 'This server does not let in everybody'}
      </h2>
      <p class="note">
        {isPending
          ? 'An operator of this server has to approve this device. Leave the page open, or come back: it goes on by itself.'
          : needsToken
            ? 'It needs an invitation, which an operator of the server hands out: a token, or a link to this page.'
            : 'With an invitation you are in at once. Without one, switch on and wait: an operator has to approve this device.'}
      </p>
      {!isPending && (
        <form
          class="door-form"
          onSubmit={(event) => {
            event.preventDefault();
            void joiner.turn(true);
          }}
        >
          <div class="field">
            <label for="invitation">Invitation{needsToken ? '' : ' (if you have one)'}</label>
            <input
              id="invitation"
              autoComplete="off"
              spellcheck={false}
              value={invitation.value}
              onInput={({ currentTarget }) => {
                invitation.value = currentTarget.value;
              }}
            />
          </div>
          {!needsToken && (
            <div class="field">
              <label for="visitor">Your name, for the operator (if you like)</label>
              <input
                id="visitor"
                autoComplete="off"
                maxLength={60}
                value={visitorName.value}
                onInput={({ currentTarget }) => {
                  visitorName.value = currentTarget.value;
                }}
              />
            </div>
          )}
          <button
            type="submit"
            class="button primary"
            disabled={needsToken && invitation.value.trim() === ''}
          >
            {needsToken || invitation.value.trim() !== '' ? 'Go in' : 'Ask to be let in'}
          </button>
        </form>
      )}
    </section>
  );
}
