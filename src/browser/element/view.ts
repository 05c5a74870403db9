/** The element's markup, made once, and brought up to date with every state. */
import { formatBytes, formatCount, formatPlural } from '../../format.js';
import type { ParticipantState, Progress } from '../participant-state.js';
import type { Contribution } from '../records.js';
import { howProtected, whatIsLearned, whatLeaves } from './words.js';

/** What a person can do. */
export interface ViewActions {
  onSwitch(): void;
  onLeave(): void;
  /** The history was opened. */
  onOpen(): void;
}

/** What is shown beside the state. */
interface Shown {
  readonly state: ParticipantState;
  /** Whether the switch is on. */
  readonly on: boolean;
  /** Why the switch cannot be used; undefined: it can. */
  readonly obstacle: string | undefined;
  /** Something that did not work; undefined: nothing. */
  readonly trouble: string | undefined;
}

export interface View {
  readonly root: readonly Node[];
  show(shown: Shown): void;
  showHistory(history: readonly Contribution[]): void;
}

/** Makes an element; texts are texts, never markup. */
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The whole of it. */
export function createView({ onSwitch, onLeave, onOpen }: ViewActions): View {
  const title = make('h2', { id: 'title', part: 'title' }, 'Take part in learning');
  const learned = make('p', { part: 'text' });
  const leaves = make('p', { part: 'text', class: 'muted' });
  const kept = make('p', { part: 'text', class: 'muted' });
  const toggle = make('button', {
    ...{ type: 'button', role: 'switch', 'aria-checked': 'false', 'aria-labelledby': 'title' },
    ...{ 'aria-describedby': 'status', class: 'switch', part: 'switch' },
  });
  const status = make('p', { id: 'status', role: 'status', part: 'status' });
  const progress = make('progress', { max: '1', part: 'progress', 'aria-label': 'How far this round is' });
  const summary = make('summary');
  const rows = make('tbody');
  const table = make(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'What this device has given' },
    make('table', {}, make('thead', {}, headRow()), rows),
  );
  const history = make('details', { part: 'history' }, summary, table);
  const forget = make('button', { type: 'button', class: 'plain', part: 'leave' }, 'Leave and forget');
  const foot = make('div', { class: 'foot' }, forget);
  const stay = make('button', { type: 'button', class: 'plain' }, 'Stay');
  const go = make('button', { type: 'button', class: 'plain strong' }, 'Leave and forget');
  const dialog = make(
    'dialog',
    { part: 'dialog', 'aria-labelledby': 'question', 'aria-describedby': 'consequence' },
    make('h2', { id: 'question' }, 'Leave and forget?'),
    make(
      'p',
      { id: 'consequence' },
      'The server forgets this device, and its key, its history and the examples kept here are deleted. What was already learned stays in the model.',
    ),
    make('div', { class: 'row' }, stay, go),
  );

  toggle.addEventListener('click', onSwitch);
  forget.addEventListener('click', () => dialog.showModal());
  stay.addEventListener('click', () => dialog.close());
  go.addEventListener('click', () => {
    dialog.close();
    onLeave();
  });
  history.addEventListener('toggle', () => history.open && onOpen());

  const card = make(
    'section',
    { class: 'card', part: 'card', 'aria-labelledby': 'title' },
    make('div', { class: 'head' }, title, toggle),
    ...[learned, leaves, kept, status, progress, history, foot, dialog],
  );
  return {
    root: [card],
    show({ state, on, obstacle, trouble }) {
      const { definition, protection, totals } = state;
      setText(learned, whatIsLearned(definition));
      setText(leaves, whatLeaves(definition));
      setText(kept, howProtected(protection));
      toggle.setAttribute('aria-checked', String(on));
      toggle.disabled = obstacle !== undefined;
      setText(status, trouble ?? obstacle ?? statusOf(state));
      showProgress(progress, state.progress);
      const none = totals.updates === 0 && totals.bytes === 0;
      history.hidden = none;
      foot.hidden = none && state.clientId === null && !on;
      setText(
        summary,
        `Given so far: ${formatPlural(totals.updates, 'update')}, ${formatBytes(totals.bytes)}`,
      );
    },
    showHistory(contributions) {
      rows.replaceChildren(...contributions.map(rowOf));
    },
  };
}

function headRow(): HTMLTableRowElement {
  const number = { class: 'number', scope: 'col' };
  return make(
    'tr',
    {},
    make('th', { scope: 'col' }, 'When'),
    make('th', { scope: 'col' }, 'What'),
    make('th', number, 'Round'),
    make('th', number, 'Examples'),
    make('th', number, 'Sent'),
  );
}

const DAY = { month: 'numeric', day: 'numeric' } as const;

function rowOf({ at, kind, round, exampleCount, bytes, outcome }: Contribution): HTMLTableRowElement {
  const when = new Date(at).toLocaleString(undefined, {
    ...DAY,
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  const number = { class: 'number' };
  return make(
    'tr',
    {},
    make('td', {}, when),
    make('td', {}, outcome === 'dropped' ? `${kind}, not used` : kind),
    make('td', number, formatCount(round)),
    make('td', number, formatCount(exampleCount)),
    make('td', number, formatBytes(bytes)),
  );
}

function statusOf({ status, sentence, progress, round }: ParticipantState): string {
  if (status !== 'working' || !progress || round === null) return sentence;
  const doing = {
    downloading: 'Fetching the model',
    training: 'Training on this device',
    evaluating: 'Trying the model on examples held out',
    uploading: 'Sending',
  }[progress.phase];
  return `${doing}: round ${formatCount(round)}.`;
}

function showProgress(bar: HTMLProgressElement, progress: Progress | null): void {
  bar.hidden = progress === null;
  if (progress?.share == null) bar.removeAttribute('value');
  else bar.value = progress.share;
}

/** A live region says what is set, also where it is what was there. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === '';
}
