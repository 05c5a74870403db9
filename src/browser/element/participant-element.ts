/** `<tessera-participant>`: what a participant is and does, for any page, without a framework. */
import type { ClientEvent } from '../../client/client-events.js';
import { protectionOf } from '../../client/protection.js';
import type { Participant } from '../participant.js';
import { initialState, type ParticipantState } from '../participant-state.js';
import type { ParticipantOptions } from '../settings.js';
import { STYLE } from './style.js';
import { createSwitchMemory, type SwitchMemory } from './switch-memory.js';
import { createView, type View } from './view.js';

/**
 * The element. Attributes: `server` (an origin; default the page's), `invitation`, `name`, `storage`, `runs` (ids, with blanks
 * between) and `keep-awake`. Read when it takes part first.
 *
 * Events, with what they are about in `detail`: `tessera-state` ({@link ParticipantState}), at each change, and
 * `tessera-event` ({@link ClientEvent}). Both bubble and cross shadow roots.
 */
export interface ParticipantElement extends HTMLElement {
  /** What it learns from; the switch waits for it. */
  examples: ParticipantOptions['examples'] | null;
  /** Options beyond the attributes: `accept`, `eligibility`, `engine`, `worker` ... */
  options: Partial<ParticipantOptions>;
  /** The participant behind it; null before there are examples. */
  readonly participant: Participant | null;
}

const NO_EXAMPLES = 'There is nothing to learn from on this page yet.';

/**
 * Makes the element known under a name; where it is known already, does nothing.
 *
 * @param create makes participants
 */
export function defineElement(create: (options: ParticipantOptions) => Participant, tag: string): void {
  if (customElements.get(tag)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);

  class TesseraParticipant extends HTMLElement implements ParticipantElement {
    // A page may have set the properties before the element was known.
    options: Partial<ParticipantOptions> = earlyProperty(this, 'options') ?? {};
    #examples: ParticipantOptions['examples'] | null = earlyProperty(this, 'examples') ?? null;
    #participant: Participant | null = null;
    #memory: SwitchMemory | undefined;
    #unsubscribe: (() => void) | undefined;
    #on = false;
    #trouble: string | undefined;
    #offered: Pick<ParticipantState, 'definition' | 'protection'> | undefined;
    #bytes = -1;
    readonly #view: View;

    constructor() {
      super();
      const shadow = this.attachShadow({ mode: 'open' });
      shadow.adoptedStyleSheets = [sheet];
      this.#view = createView({
        onSwitch: () => void this.#turn(!this.#on),
        onLeave: () => void this.#leave(),
        onOpen: () => void this.#showHistory(),
      });
      shadow.append(...this.#view.root);
    }

    get examples() {
      return this.#examples;
    }

    set examples(examples) {
      this.#examples = examples;
      this.#end();
      if (this.isConnected) this.#begin();
    }

    get participant() {
      return this.#participant;
    }

    connectedCallback(): void {
      this.#begin();
    }

    disconnectedCallback(): void {
      this.#end();
    }

    #begin(): void {
      if (this.#participant || !this.#examples) {
        this.#show();
        return;
      }
      try {
        const options = this.#readOptions(this.#examples);
        this.#participant = create(options);
        const { server } = this.#participant.state;
        this.#memory = createSwitchMemory(options.storage, server);
      } catch (error) {
        this.#trouble = sentenceOf(error);
        this.#show();
        return;
      }
      this.#unsubscribe = this.#participant.subscribe((state) => this.#onState(state));
      void this.#look();
      if (this.#memory.on) void this.#turn(true);
    }

    /** The participant of an element that is taken off the page ends, and goes on when that is put back. */
    #end(): void {
      this.#unsubscribe?.();
      this.#participant?.close();
      this.#participant = null;
      this.#on = false;
    }

    #readOptions(examples: ParticipantOptions['examples']): ParticipantOptions {
      const text = (name: string) => this.getAttribute(name) ?? undefined;
      const [server, invitation, name, storage] = ['server', 'invitation', 'name', 'storage'].map(text);
      const runIds = text('runs')?.split(/\s+/).filter(Boolean);
      return {
        ...(server === undefined ? {} : { server: new URL(server, location.href).origin }),
        ...(invitation === undefined ? {} : { invitation }),
        ...(name === undefined ? {} : { name }),
        ...(storage === undefined ? {} : { storage }),
        ...(runIds === undefined ? {} : { runIds }),
        ...(this.hasAttribute('keep-awake') ? { keepAwake: true } : {}),
        ...this.options,
        examples,
        onEvent: (event) => {
          this.options.onEvent?.(event);
          this.#tell('tessera-event', event);
        },
      };
    }

    /** What could be taken part in, where the server tells everybody. */
    async #look(): Promise<void> {
      const participant = this.#participant;
      const offers = (await participant?.offers().catch(() => [])) ?? [];
      const runs = this.getAttribute('runs')?.split(/\s+/) ?? [];
      const offer = offers.find(({ definition }) => runs.length === 0 || runs.includes(definition.runId));
      if (!offer || !participant || participant !== this.#participant) return;
      const { definition } = offer;
      this.#offered = { definition, protection: protectionOf(participant.state.server, definition) };
      this.#show();
    }

    async #turn(on: boolean): Promise<void> {
      if (!this.#participant) return;
      this.#on = on;
      this.#trouble = undefined;
      this.#memory?.keep(on);
      this.#show();
      try {
        await (on ? this.#participant.start() : this.#participant.stop());
      } catch (error) {
        this.#on = false;
        this.#trouble = sentenceOf(error);
        this.#show();
      }
    }

    async #leave(): Promise<void> {
      this.#trouble = undefined;
      try {
        await this.#participant?.leave();
        this.#memory?.forget();
        this.#on = false;
      } catch (error) {
        this.#trouble = sentenceOf(error);
      }
      this.#show();
    }

    async #showHistory(): Promise<void> {
      this.#view.showHistory((await this.#participant?.history().catch(() => [])) ?? []);
    }

    #onState(state: ParticipantState): void {
      if (state.status === 'failed') this.#on = false;
      if (state.totals.bytes !== this.#bytes) void this.#showHistory();
      this.#bytes = state.totals.bytes;
      this.#show();
      this.#tell('tessera-state', state);
    }

    #show(): void {
      const state = this.#participant?.state;
      const obstacle = this.#participant ? undefined : NO_EXAMPLES;
      const shown = state ?? initialState(location.origin);
      const { definition, protection } = shown.definition ? shown : (this.#offered ?? shown);
      this.#view.show({
        state: { ...shown, definition, protection },
        ...{ on: this.#on, obstacle, trouble: this.#trouble },
      });
    }

    #tell(type: string, detail: ParticipantState | ClientEvent): void {
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }
  }
  customElements.define(tag, TesseraParticipant);
}

/** What a page has set as a plain property, before the element was known; the element's own takes its place. */
function earlyProperty<N extends 'examples' | 'options'>(
  element: HTMLElement,
  name: N,
): ParticipantElement[N] | undefined {
  const early = Object.getOwnPropertyDescriptor(element, name)?.value as ParticipantElement[N] | undefined;
  Reflect.deleteProperty(element, name);
  return early;
}

function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
