/** The frame around all views: who is signed in, where one can go, and what is wrong. */
import { useEffect, useRef } from 'preact/hooks';
import type { ServerOverview } from '../../../src/server/control-messages.js';
import { Announcer } from './parts/announcer.js';
import { Brand } from './parts/brand.js';
import { ConnectionBanner } from './parts/connection-banner.js';
import { Later } from './parts/later.js';
import { Loading, Notice } from './parts/notice.js';
import { ThemeSwitch } from './parts/theme-switch.js';
import { go, route } from './state/place.js';
import { usePolled } from './state/poll.js';
import { hrefOf, type Place, type Route } from './state/route.js';
import { mayAct, overview, signOut, token } from './state/session.js';
import { ClientsView } from './views/clients.js';
import { NewRunView } from './views/new-run.js';
import { RunsView } from './views/runs.js';
import { SignInView } from './views/sign-in.js';

const ASK_EVERY_MS = 10_000;

/** What draws charts is the larger part of the code. */
const loadRun = () => import('./views/run.js').then(({ RunView }) => RunView);
const loadCompare = () => import('./views/compare.js').then(({ CompareView }) => CompareView);

/** Where to go after signing in: where the reader wanted to go. */
let wanted: Exclude<Place, { page: 'sign-in' }> = { page: 'runs' };

export function App() {
  const here = route.value;
  useEffect(() => {
    if (here.page === 'sign-in' && token.value !== null) go(wanted, true);
    if (token.value === null && here.page !== 'unknown' && here.page !== 'sign-in') wanted = here;
  });
  const isSignedIn = token.value !== null;
  return (
    <>
      {/* No link: the fragment is the route. */}
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <Header isSignedIn={isSignedIn} here={here} />
      <ConnectionBanner />
      <Announcer />
      {isSignedIn ? <SignedIn key={token.value} here={here} /> : <SignInView />}
    </>
  );
}

function Header({ isSignedIn, here }: { isSignedIn: boolean; here: Route }) {
  const known = overview.value;
  const at = (pages: readonly Route['page'][]) => (pages.includes(here.page) ? 'page' : undefined);
  return (
    <header class="top">
      <div class="top-inner">
        <a class="brand" href={hrefOf({ page: 'runs' })}>
          <Brand />
          Tessera
        </a>
        {isSignedIn && (
          <nav aria-label="Views">
            <a href={hrefOf({ page: 'runs' })} aria-current={at(['runs', 'run', 'compare', 'new'])}>
              Runs
            </a>
            {known?.type === 'server' && (
              <a href={hrefOf({ page: 'clients' })} aria-current={at(['clients'])}>
                Clients
                {known.clients.pending > 0 && (
                  <span class="count">
                    {known.clients.pending}
                    <span class="sr"> wait for approval</span>
                  </span>
                )}
              </a>
            )}
          </nav>
        )}
        <div class="top-end">
          <ThemeSwitch />
          {isSignedIn && known && (
            <>
              <span class="who" title={`Signed in as ${known.operator.name}, ${known.operator.role}`}>
                {known.operator.name}
                {known.operator.name !== known.operator.role && <small> {known.operator.role}</small>}
              </span>
              <button type="button" class="button small" onClick={() => signOut()}>
                Sign out
              </button>
            </>
          )}
        </div>
      </div>
    </header>
  );
}

function SignedIn({ here }: { here: Route }) {
  const { answer, refusal } = usePolled<ServerOverview>('', ASK_EVERY_MS);
  const said = answer.value;
  useEffect(() => {
    if (said) overview.value = said;
  }, [said]);
  const main = useRef<HTMLElement>(null);
  const place = here.page === 'run' ? `run ${here.runId}` : here.page;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    // As a browser does where a page is loaded.
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return (
    <main id="content" tabIndex={-1} ref={main}>
      {refusal.value ? (
        <Notice title="The server refuses">
          <p>{refusal}</p>
        </Notice>
      ) : overview.value ? (
        <View here={here} />
      ) : (
        <Loading what="the server's state" />
      )}
    </main>
  );
}

function View({ here }: { here: Route }) {
  useEffect(() => {
    document.title = `${titleOf(here)} · Tessera`;
  }, [here]);
  switch (here.page) {
    case 'sign-in':
    case 'runs':
      return <RunsView />;
    case 'run':
      return <Later key={here.runId} load={loadRun} props={{ runId: here.runId, section: here.section }} />;
    case 'compare':
      return <Later key={here.runIds.join(',')} load={loadCompare} props={{ runIds: here.runIds }} />;
    case 'new':
      return mayAct.value ? <NewRunView /> : <Viewers />;
    case 'clients':
      return overview.value?.type === 'server' ? <ClientsView /> : <Nowhere />;
    case 'unknown':
      return <Nowhere />;
    default:
      return here satisfies never;
  }
}

function titleOf(here: Route): string {
  if (here.page === 'run') return here.runId;
  const titles = {
    'sign-in': 'Runs',
    runs: 'Runs',
    new: 'New run',
    compare: 'Compare',
    clients: 'Clients',
    unknown: 'No such page',
  };
  return titles[here.page];
}

function Nowhere() {
  return (
    <Notice title="There is no such page">
      <p>
        The link may be wrong or of another version. <a href={hrefOf({ page: 'runs' })}>All runs</a>
      </p>
    </Notice>
  );
}

function Viewers() {
  return (
    <Notice title="Viewers cannot start runs">
      <p>
        Ask an operator, or sign in with an operator's token. <a href={hrefOf({ page: 'runs' })}>All runs</a>
      </p>
    </Notice>
  );
}
