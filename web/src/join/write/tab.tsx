/** The tab to write in: a text, three suggestions for what comes next, and a button that lets the model learn from it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../../../../src/format.js';
import type { Offer } from '../../../../src/protocol/messages.js';
import { JoinTab } from '../parts/join-tab.js';
import { createWritingDesk, type WritingDesk } from './desk.js';
import { KeptTexts } from './kept-texts.js';

/** One, for as long as the page lives: who looks at the other tab finds this one as it was. */
let desk: WritingDesk | undefined;

export function WriteTab({ offer }: { offer: Offer | undefined }) {
  desk ??= createWritingDesk();
  const here = desk;
  useEffect(() => here.choose(offer), [here, offer?.definition.runId]);
  useEffect(() => here.lookAgain(offer?.round ?? 0), [here, offer?.round]);
  const kept = here.kept.value;
  const bytes = kept.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  return (
    <JoinTab
      joiner={here.joiner}
      offer={offer}
      stays={{ count: kept.length, bytes }}
      lead="Type, and a model that many devices train together suggests what comes next."
      more="It learns from your words without ever seeing them."
    >
      <div class="write">
        <Editor desk={here} />
        <Track desk={here} />
      </div>
      <KeptTexts desk={here} />
    </JoinTab>
  );
}

function Editor({ desk: here }: { desk: WritingDesk }) {
  const { text, choices, trouble } = here;
  const area = useRef<HTMLTextAreaElement>(null);
  const [isAway, setAway] = useState(false);
  const [said, setSaid] = useState('');
  const isEmpty = text.value.trim() === '';
  const shown = isAway ? [] : choices.value;
  const take = (index: number) => {
    const choice = choices.value[index];
    if (!choice) return;
    text.value = choice.text;
    area.current?.focus();
    // Where the next word goes.
    requestAnimationFrame(() => area.current?.setSelectionRange(choice.text.length, choice.text.length));
  };
  const type = (event: KeyboardEvent) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') return setAway(true);
    const { selectionStart, value } = event.currentTarget as HTMLTextAreaElement;
    const index = event.key === 'Tab' && !event.shiftKey ? 0 : ['1', '2', '3'].indexOf(event.key);
    // Suggestions are for the end of the text.
    if (!shown[index] || selectionStart !== value.length || value === '') return;
    event.preventDefault();
    take(index);
  };
  const keep = async () => {
    await here.keep();
    setAway(false);
    setSaid('Kept on this device, to learn from.');
    area.current?.focus();
  };
  return (
    <section class="panel editor" aria-labelledby="editor-title">
      <h2 id="editor-title" class="panel-title">
        <label for="text">Write something</label>
      </h2>
      <textarea
        id="text"
        ref={area}
        rows={5}
        spellcheck={false}
        autoComplete="off"
        aria-describedby="text-hint"
        placeholder="How are …"
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          if (/(^|\s)$/u.test(currentTarget.value)) setAway(false);
          setSaid('');
        }}
        onKeyDown={type}
      />
      <fieldset class="suggestions">
        <legend class="sr">What may come next</legend>
        {[0, 1, 2].map((index) => {
          const choice = shown[index];
          return (
            <button
              key={index}
              type="button"
              class="suggestion"
              disabled={!choice}
              onClick={() => take(index)}
              tabIndex={choice ? 0 : -1}
            >
              <span class="key" aria-hidden="true">
                {index + 1}
              </span>
              <span class="suggestion-word">{choice?.label ?? '…'}</span>
              {choice?.share != null && choice.share >= 0.01 && (
                <span class="suggestion-share" aria-hidden="true">
                  {percent(choice.share)}
                </span>
              )}
            </button>
          );
        })}
      </fieldset>
      <p class="hint" id="text-hint">
        {trouble.value ? (
          <span class="problem">{trouble}</span>
        ) : isAway ? (
          'Suggestions are put away until the next space.'
        ) : (
          'Tap one, or take it with the keys 1 to 3 or Tab; Esc puts them away.'
        )}
      </p>
      <div class="keep">
        <button type="button" class="button primary" disabled={isEmpty} onClick={keep}>
          Learn from this text
        </button>
        <span class="note" role="status">
          {said}
        </span>
      </div>
    </section>
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** The same text, and what each round's model suggested after it. */
function Track({ desk: here }: { desk: WritingDesk }) {
  const track = here.track.value;
  return (
    <section class="panel write-track" aria-labelledby="track-title">
      <h2 id="track-title" class="panel-title">
        How the suggestions change
      </h2>
      {track.length === 0 ? (
        <p class="empty">
          Stop typing for a moment: after each round, what the newer model suggests is added here.
        </p>
      ) : (
        <>
          <p class="note">After “{here.text.value.slice(-40)}”, by the model of each round:</p>
          <ol class="track-rows">
            {track.toReversed().map(({ round, labels }, index) => (
              <li key={round} class={index === 0 ? 'newest' : ''}>
                <span class="track-round">Round {formatCount(round)}</span>
                <span class="track-labels">
                  {labels.map((label) => (
                    <span key={label}>{label}</span>
                  ))}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
