/** The frame of the page: which tabs there are, and which one is seen. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Announcer } from '../dashboard/parts/announcer.js';
import { Brand } from '../dashboard/parts/brand.js';
import { Later } from '../dashboard/parts/later.js';
import { ThemeSwitch } from '../dashboard/parts/theme-switch.js';
import { NothingToJoin } from './parts/empty.js';
import { offerFor } from './state/choice.js';
import { KINDS, type Kind } from './state/kinds.js';
import { enrolment, isAway, offers } from './state/server.js';

const TITLES: Readonly<Record<Kind, string>> = { draw: 'Draw', write: 'Write' };
const loadDraw = () => import('./draw/tab.js').then(({ DrawTab }) => DrawTab);
const loadWrite = () => import('./write/tab.js').then(({ WriteTab }) => WriteTab);
const LOADS = { draw: loadDraw, write: loadWrite };

export function App() {
  const wanted = useSignal<Kind>(location.hash === '#write' ? 'write' : 'draw');
  const known = offers.value;
  const isHidden = known === undefined && enrolment.value !== undefined && enrolment.value !== 'open';
  const kinds = KINDS.filter((kind) => isHidden || offerFor(kind, known ?? []) !== undefined);
  const shown = kinds.includes(wanted.value) ? wanted.value : kinds[0];
  useEffect(() => {
    const follow = () => {
      const kind = KINDS.find((each) => location.hash === `#${each}`);
      if (kind) wanted.value = kind;
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [wanted]);
  const choose = (kind: Kind) => {
    wanted.value = kind;
    history.replaceState(null, '', `#${kind}`);
  };
  return (
    <>
      <header class="top">
        <div class="top-inner">
          <a class="brand" href="/join">
            <Brand />
            Tessera
          </a>
          <Tabs kinds={kinds} shown={shown} onChoose={choose} />
          <div class="top-end">
            <ThemeSwitch />
          </div>
        </div>
      </header>
      {isAway.value && (
        <div class="banner" role="alert">
          <p>
            <strong>The server does not answer.</strong> What you draw and type is kept here all the same;
            this page tries again by itself.
          </p>
        </div>
      )}
      <Announcer />
      <main id="content">
        <h1>{shown === 'write' ? 'Teach a keyboard your words' : 'Teach a model your hand'}</h1>
        {shown ? (
          <div id={`panel-${shown}`} role="tabpanel" aria-labelledby={`tab-${shown}`} class="tab-panel">
            <Later key={shown} load={LOADS[shown]} props={{ offer: offerFor(shown, known ?? []) }} />
          </div>
        ) : known === undefined && !isAway.value ? (
          <p class="loading" role="status">
            Asking the server what there is to learn …
          </p>
        ) : (
          <NothingToJoin />
        )}
      </main>
    </>
  );
}

interface TabsProps {
  readonly kinds: readonly Kind[];
  readonly shown: Kind | undefined;
  onChoose(kind: Kind): void;
}

/** As the ARIA pattern has it: one is in the tab order, arrows go to the others. */
function Tabs({ kinds, shown, onChoose }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  if (!shown) return null;
  const step = (event: KeyboardEvent) => {
    const ways: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
    const way = ways[event.key];
    if (way === undefined) return;
    event.preventDefault();
    const next = kinds[(kinds.indexOf(shown) + way + kinds.length) % kinds.length] ?? shown;
    onChoose(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="What to learn" ref={list} onKeyDown={step}>
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          role="tab"
          id={`tab-${kind}`}
          aria-selected={kind === shown}
          aria-controls={`panel-${shown}`}
          tabIndex={kind === shown ? 0 : -1}
          onClick={() => onChoose(kind)}
        >
          {TITLES[kind]}
        </button>
      ))}
    </div>
  );
}
