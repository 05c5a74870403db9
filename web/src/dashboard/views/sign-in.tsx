/** Where a token is given. */
import { useState } from 'preact/hooks';
import { Brand } from '../parts/brand.js';
import { signIn, signOutReason } from '../state/session.js';

export function SignInView() {
  const [missing, setMissing] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget as HTMLFormElement).get('token') ?? '').trim();
    setMissing(given === '');
    if (given !== '') signIn(given);
  };
  const problem = missing ? 'A token is needed: it begins with tso_.' : signOutReason.value;
  return (
    <main id="content" class="narrow" tabIndex={-1}>
      <form class="panel sign-in" onSubmit={submit} noValidate>
        <Brand size={40} />
        <h1>Sign in</h1>
        <p>
          The server's operators have tokens. The first one was printed where <code>tessera serve</code> was
          started, and is in the file <code>operator-token</code> of its folder.
        </p>
        {problem && (
          <p class="problem" id="token-problem" role="alert">
            {problem}
          </p>
        )}
        <label class="field">
          <span>Token</span>
          <input
            name="token"
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            placeholder="tso_…"
            {...(problem ? { 'aria-invalid': 'true', 'aria-describedby': 'token-problem' } : {})}
          />
        </label>
        <button type="submit" class="button primary">
          Sign in
        </button>
        <p class="note">
          More tokens: <code>tessera operators add NAME --role viewer</code>. This page keeps yours until the
          tab is closed.
        </p>
      </form>
    </main>
  );
}
