/** Which run a tab takes part in: the one that was chosen, or the first there is; one that has ended stays until there is another. */
import { signal } from '@preact/signals';
import type { Offer } from '../../../../src/protocol/messages.js';
import { type Kind, offersOf } from './kinds.js';

const chosen = signal<Readonly<Partial<Record<Kind, string>>>>({});
/** As they were when they were last offered. */
const last: Partial<Record<Kind, Offer>> = {};

/** A person has chosen a run. */
export function chosenRun(kind: Kind, runId: string): void {
  chosen.value = { ...chosen.value, [kind]: runId };
}

/** The offer of a tab. Undefined: there is none, and was none. */
export function offerFor(kind: Kind, offers: readonly Offer[]): Offer | undefined {
  const all = offersOf(kind, offers);
  const wanted = chosen.value[kind] ?? last[kind]?.definition.runId;
  const offer = all.find(({ definition }) => definition.runId === wanted) ?? all[0] ?? last[kind];
  if (offer) last[kind] = offer;
  return offer;
}

/** Whether a run that was offered is offered no more. */
export function isOver({ definition }: Offer, offers: readonly Offer[] | undefined): boolean {
  return offers !== undefined && !offers.some((each) => each.definition.runId === definition.runId);
}
