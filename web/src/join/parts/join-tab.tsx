/** What both tabs have: a lead, the switch, the run, the proof; and between them what is drawn or typed. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Offer } from '../../../../src/protocol/messages.js';
import { askThrough } from '../state/asking.js';
import { isOver } from '../state/choice.js';
import type { Joiner } from '../state/joiner.js';
import { offers } from '../state/server.js';
import { Door } from './door.js';
import { Proof, type Stays } from './proof.js';
import { RunCard } from './run-card.js';
import { TakePart } from './take-part.js';

interface JoinTabProps {
  readonly joiner: Joiner;
  readonly offer: Offer | undefined;
  readonly stays: Stays;
  readonly lead: string;
  /** What goes on after it where there is room. */
  readonly more: string;
  readonly children: ComponentChildren;
}

export function JoinTab({ joiner, offer, stays, lead, more, children }: JoinTabProps) {
  useEffect(() => askThrough(joiner), [joiner]);
  return (
    <>
      <p class="lead">
        {lead} <span class="lead-more">{more}</span>
      </p>
      <Door joiner={joiner} />
      <div class="work">
        <div class="side">
          <TakePart
            joiner={joiner}
            count={stays.count}
            isOver={offer !== undefined && isOver(offer, offers.value)}
          />
          {offer && <RunCard offer={offer} />}
        </div>
        <div class="desk">{children}</div>
      </div>
      <Proof joiner={joiner} offer={offer} stays={stays} />
    </>
  );
}
