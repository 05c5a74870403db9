/** Tokens that let clients in. */
import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/format.js';
import type { Page } from '../../../../src/server/control-messages.js';
import { ActButton } from '../parts/act-button.js';
import { CopyButton } from '../parts/copy-button.js';
import { until } from '../parts/time.js';
import { ask, sentenceOf } from '../state/api.js';
import { usePolled } from '../state/poll.js';
import { mayAct } from '../state/session.js';

const ASK_EVERY_MS = 15_000;
const HOUR_MS = 3_600_000;

/** As the server tells of one. */
interface Invitation {
  readonly id: number;
  readonly population: string;
  readonly uses: number;
  readonly used: number;
  readonly expiresAt: number;
}

export function Invitations() {
  const { answer, refusal, refresh } = usePolled<Page<Invitation>>('/invitations', ASK_EVERY_MS);
  const items = answer.value?.items ?? [];
  const open = items.filter(({ uses, used, expiresAt }) => used < uses && expiresAt > Date.now());
  return (
    <section aria-labelledby="invitations">
      <h2 id="invitations">Invitations</h2>
      {mayAct.value && <Invite onChange={refresh} />}
      {refusal.value && <p class="problem">{refusal}</p>}
      {open.length === 0 ? (
        <p class="empty panel">No invitation is open.</p>
      ) : (
        <div class="panel table-panel">
          <table class="list">
            <caption class="sr">Open invitations</caption>
            <thead>
              <tr>
                <th scope="col">Population</th>
                <th scope="col" class="num">
                  Used
                </th>
                <th scope="col">Expires</th>
                {mayAct.value && (
                  <th scope="col">
                    <span class="sr">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {open.map(({ id, population, uses, used, expiresAt }) => (
                <tr key={id}>
                  <th scope="row">{population}</th>
                  <td class="num">
                    {formatCount(used)} of {formatCount(uses)}
                  </td>
                  <td>{until(expiresAt)}</td>
                  {mayAct.value && (
                    <td class="num">
                      <ActButton
                        label="Withdraw"
                        look="small"
                        about={`invitation ${id}`}
                        act={async () => {
                          await ask(`/invitations/${id}`, { method: 'DELETE' });
                          refresh();
                        }}
                      />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Invite({ onChange }: { onChange(): void }) {
  const [made, setMade] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setProblem(undefined);
    try {
      const { token } = await ask<{ readonly token: string }>('/invitations', {
        method: 'POST',
        body: {
          population: String(form.get('population') ?? '').trim() || 'default',
          uses: Number(form.get('uses')),
          expiresInMs: Number(form.get('hours')) * HOUR_MS,
        },
      });
      setMade(token);
      onChange();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <form class="panel inline-form" onSubmit={submit} noValidate>
      <label class="field">
        <span>Population</span>
        <input name="population" defaultValue="default" spellcheck={false} />
      </label>
      <label class="field">
        <span>Clients</span>
        <input name="uses" defaultValue="1" inputMode="numeric" />
      </label>
      <label class="field">
        <span>Hours</span>
        <input name="hours" defaultValue="168" inputMode="numeric" />
      </label>
      <button type="submit" class="button primary">
        Invite
      </button>
      {problem && (
        <p class="problem full" role="alert">
          {problem}
        </p>
      )}
      {made && (
        <div class="made full" role="status">
          <p>Hand this token on now: it is shown once.</p>
          <code class="token">{made}</code>
          <CopyButton text={made} label="Copy the token" />
        </div>
      )}
    </form>
  );
}
