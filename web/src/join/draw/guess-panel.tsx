/** What the newest global model reads in the drawing, class by class, and what it read in the rounds before. */
import { useEffect } from 'preact/hooks';
import { formatCount, formatPercent } from '../../../../src/format.js';
import { announce } from '../../dashboard/parts/announcer.js';
import type { Desk } from './desk.js';
import { bestOf, type Reading } from './reading.js';
import { Thumb } from './thumb.js';

export function GuessPanel({ desk }: { desk: Desk }) {
  const reading = desk.track.value.at(-1);
  const watched = desk.watched.value;
  const names = desk.classNames.value;
  const best = reading && bestOf(reading);
  const name = best ? (names[best.label] ?? '?') : undefined;
  const isOnPad = watched?.isOnPad ?? false;
  useEffect(() => {
    if (isOnPad && best && name !== undefined)
      announce(`The model reads ${name}, ${formatPercent(best.share)} sure.`);
  }, [isOnPad, best?.label]);
  return (
    <section class="panel guess" aria-labelledby="guess-title">
      <h2 id="guess-title" class="panel-title">
        The model’s guess
      </h2>
      <div class="guess-head">
        <output class={`guess-best ${best ? '' : 'none'}`}>{name ?? '?'}</output>
        <p class="guess-say">
          {sentenceFor(desk, best?.share, reading)}
          {watched && (
            <span class="guess-seen">
              <Thumb picture={watched.picture} label="What the model sees, in 28 by 28 pixels" />
              {isOnPad ? 'What the model sees' : 'The last drawing you kept'}
            </span>
          )}
        </p>
      </div>
      <ol class={`bars-by-class ${names.length > 12 ? 'many' : ''}`} aria-label="How likely each one is">
        {names.map((each, index) => (
          <li key={each} class={index === best?.label ? 'best' : ''}>
            <span class="bar-name">{each}</span>
            <span class="bar-track" aria-hidden="true">
              <span class="bar-fill" style={{ '--share': String(reading?.probabilities[index] ?? 0) }} />
            </span>
            <span class="bar-share">{reading ? percent(reading.probabilities[index] ?? 0) : '–'}</span>
          </li>
        ))}
      </ol>
      <Track desk={desk} />
    </section>
  );
}

function sentenceFor({ trouble, watched }: Desk, share: number | undefined, reading: Reading | undefined) {
  if (trouble.value) return <span class="problem">{trouble}</span>;
  if (!watched.value) return 'Draw something, and the model says at once what it reads.';
  if (!reading || share === undefined) return 'Getting the newest model …';
  return `${formatPercent(share)} sure, ${reading.round === 0 ? 'before anybody has trained it' : `after round ${formatCount(reading.round)}`}.`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

/** The same drawing, read by the model of each round. */
function Track({ desk }: { desk: Desk }) {
  const track = desk.track.value;
  const label = desk.watched.value?.label ?? null;
  const names = desk.classNames.value;
  if (track.length < 2) {
    return (
      <div class="track">
        <h3>This drawing, round by round</h3>
        <p class="note">
          After each round the newer model reads the drawing on the pad again, or the last one that you kept:
          here you see it learn.
        </p>
      </div>
    );
  }
  return (
    <div class="track">
      <h3>This drawing, round by round</h3>
      <ol class="columns">
        {track.map((reading) => {
          const best = bestOf(reading);
          const share = reading.probabilities[label ?? best.label] ?? 0;
          const isRight = label !== null && best.label === label;
          const wrong = label !== null && !isRight;
          return (
            <li key={reading.round} class={isRight ? 'right' : wrong ? 'wrong' : ''}>
              <span class="sr">
                Round {reading.round}: reads {names[best.label]}, {percent(best.share)} sure.
              </span>
              <span class="column-best" aria-hidden="true">
                {names[best.label]}
              </span>
              <span class="column" aria-hidden="true">
                <span class="column-fill" style={{ '--share': String(share) }} />
              </span>
              <span class="column-round" aria-hidden="true">
                {reading.round}
              </span>
            </li>
          );
        })}
      </ol>
      <p class="note">
        {label === null
          ? 'Below each guess: how sure the model was, after which round.'
          : `How sure the model was that it is ${names[label]}, after which round.`}
      </p>
    </div>
  );
}
