/** What both tabs have: a lead, the switch, the run, the proof; and between them what is drawn or typed. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Offer } from '../../../../src/protocol/messages.js';
import { askThrough } from '../state/asking.js';
import type { Joiner } from '../state/joiner.js';
import { Door } from './door.js';
import { Proof, type Stays } from './proof.js';
import { RunCard } from './run-card.js';
import { TakePart } from './take-part.js';

interface JoinTabProps {
  readonly joiner: Joiner;
  readonly offer: Offer | undefined;
  readonly stays: Stays;
  readonly lead: string;
  readonly children: ComponentChildren;
}

export function JoinTab({ joiner, offer, stays, lead, children }: JoinTabProps) {
  useEffect(() => askThrough(joiner), [joiner]);
  return (
    <>
      <p class="lead">{lead}</p>
      <Door joiner={joiner} />
      <TakePart joiner={joiner} count={stays.count} />
      <div class="work">
        {children}
        {offer && <RunCard offer={offer} />}
      </div>
      <Proof joiner={joiner} offer={offer} stays={stays} />
    </>
  );
}
