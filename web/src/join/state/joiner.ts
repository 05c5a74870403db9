/** One tab's participant: made when it is needed, made anew when it is to take part in another run, shown by signals. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createSwitchMemory } from '../../../../src/browser/element/switch-memory.js';
import type { ExampleStore } from '../../../../src/browser/example-store.js';
import { createParticipantWith, type Participant } from '../../../../src/browser/participant.js';
import { initialState, type ParticipantState } from '../../../../src/browser/participant-state.js';
import type { Contribution, RequestRecord } from '../../../../src/browser/records.js';
import type { LeaveOptions } from '../../../../src/browser/talk.js';
import type { TextStore } from '../../../../src/browser/text-store.js';
import { ConfigError } from '../../../../src/errors.js';
import { invitation, visitorName } from './door.js';
import type { Kind } from './kinds.js';
import { mergeRequests } from './request-list.js';
import { sentenceOf } from './sentences.js';

/** What a tab takes part in, and with what. */
interface Choice {
  /** Undefined: any, since the server tells what there is only to those it knows. */
  readonly runId: string | undefined;
  readonly examples: ExampleStore | TextStore;
}

/** A tab's participant. */
export interface Joiner {
  readonly kind: Kind;
  readonly state: ReadonlySignal<ParticipantState>;
  readonly isOn: ReadonlySignal<boolean>;
  /** Whether an operator has to approve the device first, as far as is known. */
  readonly isPending: Signal<boolean>;
  /** What did not work; undefined: nothing. */
  readonly trouble: ReadonlySignal<string | undefined>;
  /** What to take part in from now on; goes on with it where the switch was on, also before a reload. */
  choose(choice: Choice): void;
  turn(on: boolean): Promise<void>;
  pause(): Promise<void>;
  /** @throws what the participant throws */
  leave(options: LeaveOptions): Promise<void>;
  /** The participant of the last choice. */
  participant(): Promise<Participant>;
  /** What this device has sent for this tab, the newest first. */
  requests(): Promise<readonly RequestRecord[]>;
  history(): Promise<readonly Contribution[]>;
}

interface Made {
  readonly participant: Participant;
  readonly key: string;
  forget(): void;
}

const spawn = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** Each kind is a client of its own, with a key of its own. */
export function createJoiner(kind: Kind): Joiner {
  const storage = `join-${kind}`;
  const memory = createSwitchMemory(storage, location.origin);
  const state = signal<ParticipantState>(initialState(location.origin));
  const isOn = signal(memory.on);
  const isPending = signal(false);
  const trouble = signal<string | undefined>();
  let wanted: Choice | undefined;
  let made: Made | undefined;
  let earlier: readonly RequestRecord[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let hasChosen = () => {};
  const chosen = new Promise<void>((resolve) => {
    hasChosen = resolve;
  });

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const keyOf = ({ runId, examples }: Choice) =>
    JSON.stringify([runId, examples.name, invitation.value.trim(), visitorName.value.trim()]);

  const make = ({ runId, examples }: Choice, key: string): Made => {
    const [token, name] = [invitation.value.trim(), visitorName.value.trim()];
    const participant = createParticipantWith(spawn, {
      ...{ examples, storage, keepAwake: true },
      ...(runId === undefined ? {} : { runIds: [runId] }),
      ...(token === '' ? {} : { invitation: token }),
      ...(name === '' ? {} : { name }),
      // What is drawn or typed makes small batches: neither a graphics processor nor threads would help.
      engine: { kind: 'wasm', threads: 1 },
      onEvent(event) {
        // Without examples a client asks for nothing, and hears of no approval: then what it asks else tells.
        if (event.type === 'enrolled') isPending.value = event.status === 'pending';
        if (event.type === 'task-received') isPending.value = false;
      },
    });
    const forget = participant.subscribe((next) => {
      state.value = next;
      if (next.status === 'failed') isOn.value = false;
    });
    return { participant, key, forget };
  };
  const end = async ({ participant, forget }: Made) => {
    earlier = mergeRequests(earlier, await participant.requests().catch(() => []));
    await participant.stop().catch(() => {});
    forget();
    participant.close();
  };
  /** The participant of the last choice; another one ends. */
  const open = () =>
    inTurn(async () => {
      await chosen;
      if (!wanted) throw new ConfigError('a run must be chosen to take part, got none');
      const key = keyOf(wanted);
      if (made?.key !== key) {
        const before = made;
        made = undefined;
        if (before) await end(before);
        made = make(wanted, key);
      }
      return made.participant;
    });
  const start = async () => {
    trouble.value = undefined;
    try {
      await (await open()).start();
    } catch (error) {
      isOn.value = false;
      memory.keep(false);
      trouble.value = sentenceOf(error);
    }
  };

  return {
    ...{ kind, state, isOn, isPending, trouble },
    choose(choice) {
      const before = wanted;
      wanted = choice;
      hasChosen();
      if (before?.runId === choice.runId && before?.examples.name === choice.examples.name) return;
      if (isOn.value) void start();
    },
    async turn(on) {
      isOn.value = on;
      memory.keep(on);
      if (on) return start();
      trouble.value = undefined;
      await made?.participant.stop();
    },
    async pause() {
      await made?.participant.pause();
    },
    async leave(options) {
      await (await open()).leave(options);
      memory.forget();
      isOn.value = false;
      isPending.value = false;
      trouble.value = undefined;
    },
    participant: open,
    async requests() {
      const now = made ? await made.participant.requests() : [];
      return mergeRequests(now, earlier);
    },
    async history() {
      return (await open()).history();
    },
  };
}
