/**
 * Who the reader is: a token, kept for this tab and as long as it is open, and what the server says to it.
 *
 * Threat: the token is read from the address bar, the history or the storage of a shared computer. It is taken out of the
 * address at once, without an entry in the history, and lies in `sessionStorage`, which ends with the tab.
 */
import { computed, signal } from '@preact/signals';
import type { ServerOverview } from '../../../../src/server/control-messages.js';

const KEY = 'tessera-token';

/** The token; null while nobody is signed in. */
export const token = signal<string | null>(sessionStorage.getItem(KEY));

/** What the server said last of itself; null before it has. */
export const overview = signal<ServerOverview | null>(null);

/** Why the reader has to sign in again; null where there is no more to say. */
export const signOutReason = signal<string | null>(null);

/** Whether the reader may change anything. */
export const mayAct = computed(
  () => overview.value?.operator.role === 'operator' && overview.value.type === 'server',
);

export function signIn(value: string): void {
  sessionStorage.setItem(KEY, value);
  signOutReason.value = null;
  overview.value = null;
  token.value = value;
}

export function signOut(reason: string | null = null): void {
  sessionStorage.removeItem(KEY);
  signOutReason.value = reason;
  overview.value = null;
  token.value = null;
}
