/** What a person brings to get in: an invitation, which a link may hold, and a name. Kept in memory only. */
import { signal } from '@preact/signals';

export const invitation = signal('');
/** How an operator who has to approve the device sees it. */
export const visitorName = signal('');

/** Takes an invitation out of the address, so that no history and no picture of the page has it. */
export function takeInvitation(): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get('invitation');
  if (token === null) return;
  invitation.value = token;
  fragment.delete('invitation');
  const rest = fragment.toString().replace(/=(?=&|$)/g, '');
  history.replaceState(null, '', `${location.pathname}${location.search}${rest === '' ? '' : `#${rest}`}`);
}
