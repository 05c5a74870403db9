/** Where the reader is, and how they get elsewhere. */
import { signal } from '@preact/signals';
import { hrefOf, type Place, parseRoute, type Route } from './route.js';

/** Where the reader is now. */
export const route = signal<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

/** Goes to a place; with `replace`, the place before is not one to go back to. */
export function go(to: Place, replace = false): void {
  if (replace) history.replaceState(null, '', hrefOf(to));
  else history.pushState(null, '', hrefOf(to));
  route.value = to;
}
