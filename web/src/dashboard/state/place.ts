/** Where the reader is, and how they get elsewhere. */
import { signal } from '@preact/signals';
import { hrefOf, type Place, parseRoute, type Route } from './route.js';
import { signIn } from './session.js';

/** Where the reader is now. */
export const route = signal<Route>({ page: 'runs' });

/** Goes to a place; with `replace`, the place before is not one to go back to. */
export function go(to: Place, replace = false): void {
  if (replace) history.replaceState(null, '', hrefOf(to));
  else history.pushState(null, '', hrefOf(to));
  route.value = to;
}

/** A link that signs in does so at once: nothing else sees its token, and it is gone from the address. */
function arrive(): void {
  const here = parseRoute(location.hash);
  if (here.page === 'sign-in' && here.token !== undefined) {
    signIn(here.token);
    go({ page: 'runs' }, true);
  } else {
    route.value = here;
  }
}

arrive();
addEventListener('hashchange', arrive);
