/** The drawings that are kept on this device: how many of each, what the newest model reads in them, and the way out. */
import { formatPlural } from '../../../../src/format.js';
import type { Desk } from './desk.js';
import { Thumb } from './thumb.js';

/** More than this are not drawn at once. */
const SHOWN = 80;

export function KeptDrawings({ desk }: { desk: Desk }) {
  const kept = desk.kept.value;
  const names = desk.classNames.value;
  const readings = desk.readings.value;
  const counts = names.map((_, label) => kept.filter((each) => each.label === label).length);
  const missing = names.filter((_, label) => counts[label] === 0);
  return (
    <section class="panel" aria-labelledby="kept-title">
      <h2 id="kept-title" class="panel-title">
        Your drawings
      </h2>
      {kept.length === 0 ? (
        <p class="empty">
          None yet. Draw one, say what it is, and keep it: a few of each are enough to teach the model your
          hand.
        </p>
      ) : (
        <>
          <p class="note">
            {formatPlural(kept.length, 'drawing')} in this browser, and nowhere else.{' '}
            {missing.length > 0 && missing.length < names.length
              ? `None yet of ${missing.join(', ')}.`
              : 'At least one of each.'}
          </p>
          <Scores desk={desk} />
          <ul class="thumbs" aria-label="Kept drawings, the newest first">
            {kept
              .slice(-SHOWN)
              .toReversed()
              .map(({ id, features, label }) => {
                const read = readings.get(id);
                const isRight = read === label;
                const said = read === undefined ? '' : isRight ? 'right' : 'wrong';
                const name = names[label] ?? '?';
                return (
                  <li key={id} class={said}>
                    <Thumb picture={features} />
                    <span class="thumb-label">
                      <span class="sr">Drawn as </span>
                      {name}
                      {read !== undefined && (
                        <span class="thumb-read">
                          <span class="sr">, the model reads </span>
                          {isRight ? <span aria-hidden="true">✓</span> : `→ ${names[read]}`}
                          {isRight && <span class="sr">the same</span>}
                        </span>
                      )}
                    </span>
                    <button
                      type="button"
                      class="thumb-remove"
                      aria-label={`Remove this ${name}`}
                      onClick={() => desk.remove(id)}
                    >
                      <span aria-hidden="true">×</span>
                    </button>
                  </li>
                );
              })}
          </ul>
          {kept.length > SHOWN && <p class="note">The newest {SHOWN} are shown.</p>}
        </>
      )}
    </section>
  );
}

/** How many of them each round's model has read as their person does. */
function Scores({ desk }: { desk: Desk }) {
  const scores = desk.scores.value;
  const last = scores.at(-1);
  if (!last) return null;
  const first = scores[0];
  const before =
    first && first !== last && first.of === last.of
      ? `; after round ${first.round} it was ${first.right}`
      : '';
  return (
    <p class="score">
      The newest model reads{' '}
      <strong>
        {last.right} of {last.of}
      </strong>{' '}
      as you do{before}.
    </p>
  );
}
