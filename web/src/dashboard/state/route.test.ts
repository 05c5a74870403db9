import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hrefOf, type Place, parseRoute, SECTIONS } from './route.js';

it('reads every link that it writes', () => {
  const name = fc.stringMatching(/^[\w.-]+$/);
  const places = fc.oneof(
    fc.constantFrom<Place[]>({ page: 'runs' }, { page: 'new' }, { page: 'clients' }, { page: 'sign-in' }),
    fc
      .tuple(name, fc.constantFrom(...SECTIONS))
      .map(([runId, section]): Place => ({ page: 'run', runId, section })),
    fc.array(name).map((runIds): Place => ({ page: 'compare', runIds })),
  );
  fc.assert(
    fc.property(places, (place) => {
      expect(parseRoute(hrefOf(place))).toEqual(place);
    }),
  );
});

it('takes nothing for the list of runs, and what it does not know for no page', () => {
  expect(parseRoute('')).toEqual({ page: 'runs' });
  expect(parseRoute('#/')).toEqual({ page: 'runs' });
  for (const hash of ['#/run', '#/runs/a/b', '#/runs/a/events/b', '#/clients/a', '#/runs/%E0%A4%A']) {
    expect(parseRoute(hash)).toEqual({ page: 'unknown' });
  }
});

it('reads the token of a sign-in link', () => {
  expect(parseRoute('#/sign-in?token=tso_a-b_c')).toEqual({ page: 'sign-in', token: 'tso_a-b_c' });
  expect(parseRoute('#/sign-in')).toEqual({ page: 'sign-in' });
});
