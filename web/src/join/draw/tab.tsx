/** The tab to draw in: a pad, what the model reads in it, and a label that makes it an example. */
import { useEffect, useState } from 'preact/hooks';
import type { Offer } from '../../../../src/protocol/messages.js';
import { JoinTab } from '../parts/join-tab.js';
import { createDesk, type Desk } from './desk.js';
import { GuessPanel } from './guess-panel.js';
import { KeptDrawings } from './kept-drawings.js';
import { LabelRow } from './label-row.js';
import { Pad } from './pad.js';
import { bestOf } from './reading.js';

/** One, for as long as the page lives: who looks at the other tab finds this one as it was. */
let desk: Desk | undefined;

export function DrawTab({ offer }: { offer: Offer | undefined }) {
  desk ??= createDesk();
  const { joiner, kept, classNames } = desk;
  const here = desk;
  useEffect(() => here.choose(offer), [here, offer?.definition.runId]);
  // A task names a newer model, too.
  const asked = joiner.state.value.round;
  useEffect(() => here.lookAgain(), [here, offer?.round, asked]);
  const bytes = kept.value.reduce((sum, { features }) => sum + features.byteLength, 0);
  return (
    <JoinTab
      joiner={joiner}
      offer={offer}
      stays={{ count: kept.value.length, bytes }}
      lead={`Draw ${oneOf(classNames.value)}, and a model that many devices train together guesses what it is.`}
      more="It learns your hand without ever seeing your drawings."
    >
      <div class="draw">
        <PadPanel desk={here} />
        <GuessPanel desk={here} />
      </div>
      <KeptDrawings desk={here} />
    </JoinTab>
  );
}

function PadPanel({ desk: here }: { desk: Desk }) {
  const { strokes, label, classNames, kept } = here;
  const [said, setSaid] = useState('');
  const names = classNames.value;
  const counts = names.map((_, index) => kept.value.filter((each) => each.label === index).length);
  const isDrawn = strokes.value.length > 0;
  const isReady = isDrawn && label.value !== null;
  const keep = async () => {
    if (!isReady) return;
    const name = names[label.value ?? 0];
    await here.keep();
    setSaid(`Kept as ${name}, on this device.`);
  };
  const key = (pressed: string) => {
    if (pressed === 'Enter') void keep();
    else if (names.includes(pressed)) label.value = names.indexOf(pressed);
    else return false;
    return true;
  };
  return (
    <section class="panel pad-panel" aria-label="Draw and label">
      <div class="pad-box">
        <Pad strokes={strokes} onDraw={() => setSaid('')} onKey={key} />
        {!isDrawn && (
          <p class="pad-hint" aria-hidden="true">
            Draw here
          </p>
        )}
        <div class="pad-tools">
          <LiveChip desk={here} />
          <button
            type="button"
            class="button small"
            disabled={!isDrawn}
            onClick={() => {
              strokes.value = strokes.value.slice(0, -1);
            }}
          >
            Undo
          </button>
          <button
            type="button"
            class="button small"
            disabled={!isDrawn}
            onClick={() => {
              strokes.value = [];
            }}
          >
            Clear
          </button>
        </div>
      </div>
      <LabelRow names={names} chosen={label} counts={counts} />
      <div class="keep">
        <button type="button" class="button primary" disabled={!isReady} onClick={keep}>
          Add
        </button>
        <span class="note" role="status">
          {said || (isDrawn && label.value === null ? 'Say what it is, then add it.' : '')}
        </span>
      </div>
    </section>
  );
}

/** On a small screen the guess is at the pad, too. Screen readers have it from its panel. */
function LiveChip({ desk: here }: { desk: Desk }) {
  const reading = here.track.value.at(-1);
  if (!reading || !here.watched.value?.isOnPad) return null;
  const { label, share } = bestOf(reading);
  return (
    <p class="live-chip" aria-hidden="true">
      <strong>{here.classNames.value[label]}</strong> {Math.round(100 * share)}%
    </p>
  );
}

function oneOf(names: readonly string[]): string {
  const isDigits = names.length === 10 && names.every((name, index) => name === String(index));
  if (isDigits) return 'a digit';
  return names.length <= 6 ? `one of ${names.join(', ')}` : `one of ${names.length} signs`;
}
