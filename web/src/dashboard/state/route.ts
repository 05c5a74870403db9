/** Places of the dashboard, as fragments of its address: every view has a link. */

/** The parts of a run's page. */
export const SECTIONS = ['overview', 'clients', 'classes', 'events', 'settings'] as const;
export type Section = (typeof SECTIONS)[number];

export type Route =
  | { readonly page: 'sign-in'; readonly token?: string }
  | { readonly page: 'runs' }
  | { readonly page: 'new' }
  | { readonly page: 'run'; readonly runId: string; readonly section: Section }
  | { readonly page: 'compare'; readonly runIds: readonly string[] }
  | { readonly page: 'clients' }
  | { readonly page: 'unknown' };

/** Reads `#/runs/spring/events`; nothing is the list of runs. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const words = new URLSearchParams(query);
  const [page, name, section = 'overview', ...rest] = path.split('/').filter((part) => part !== '');
  if (rest.length > 0) return { page: 'unknown' };
  if (page === undefined) return { page: 'runs' };
  if (page === 'runs' && name !== undefined) return runRoute(name, section);
  if (name !== undefined) return { page: 'unknown' };
  if (page === 'runs' || page === 'new' || page === 'clients') return { page };
  if (page === 'compare') return { page, runIds: (words.get('runs') ?? '').split(',').filter(Boolean) };
  if (page !== 'sign-in') return { page: 'unknown' };
  const token = words.get('token');
  return token ? { page, token } : { page };
}

function runRoute(name: string, section: string): Route {
  const known = SECTIONS.find((one) => one === section);
  try {
    return known ? { page: 'run', runId: decodeURIComponent(name), section: known } : { page: 'unknown' };
  } catch {
    return { page: 'unknown' };
  }
}

/** A place that one can go to. */
export type Place = Exclude<Route, { readonly page: 'unknown' }>;

/** The link to a place. */
export function hrefOf(route: Place): string {
  if (route.page === 'run') {
    const tail = route.section === 'overview' ? '' : `/${route.section}`;
    return `#/runs/${encodeURIComponent(route.runId)}${tail}`;
  }
  if (route.page === 'compare') return `#/compare?runs=${route.runIds.map(encodeURIComponent).join(',')}`;
  return `#/${route.page}`;
}
