/** The log of a run, line by line. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { formatCount, formatPlural } from '../../../../src/format.js';
import { VirtualList } from '../parts/virtual-list.js';
import { type LiveRun, type LoggedEvent, openLiveRun } from '../state/live-run.js';

const LINE_PX = 30;

export function RunEvents({ live, runId }: { live: LiveRun; runId: string }) {
  const [withTraining, setWithTraining] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState('');
  const [follows, setFollows] = useState(true);
  const whole = useMemo(() => (withTraining ? openLiveRun(runId, true) : undefined), [runId, withTraining]);
  useEffect(() => () => whole?.close(), [whole]);
  const log = (whole ?? live).log.value;
  const types = useMemo(() => countTypes(log), [log]);
  const words = text.trim().toLowerCase();
  const shown = useMemo(
    () =>
      hidden.size === 0 && words === ''
        ? log
        : log.filter((event) => !hidden.has(event.type) && (words === '' || wordsOf(event).includes(words))),
    [log, hidden, words],
  );
  const toggle = (type: string) => {
    const next = new Set(hidden);
    if (!next.delete(type)) next.add(type);
    setHidden(next);
  };
  return (
    <section class="panel first" aria-labelledby="log-title">
      <h2 id="log-title" class="panel-title">
        Event log
      </h2>
      <div class="tools">
        <label class="grow">
          <span class="sr">Search the log</span>
          <input
            type="search"
            placeholder="Search: a client, a reason, round 12 …"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
          Follow the end
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={withTraining}
            onChange={(event) => setWithTraining(event.currentTarget.checked)}
          />
          Each client's training
        </label>
      </div>
      <fieldset class="chips">
        <legend class="sr">Types of events that are shown</legend>
        {[...types].map(([type, count]) => (
          <button key={type} type="button" aria-pressed={!hidden.has(type)} onClick={() => toggle(type)}>
            {type} <small>{formatCount(count)}</small>
          </button>
        ))}
      </fieldset>
      <p class="note" role="status">
        {formatPlural(shown.length, 'event')}
        {shown.length < log.length && ` of ${formatCount(log.length)}`}
      </p>
      {shown.length === 0 ? (
        <p class="empty">No event fits. Clear the search, or show more types.</p>
      ) : (
        <VirtualList
          items={shown}
          linePx={LINE_PX}
          label="Events"
          follows={follows}
          line={(event) => (
            <>
              <span class="event-number">{event.number + 1}</span>
              <span class={`event-type ${event.type}`}>{event.type}</span>
              <span class="event-round">{event.round === undefined ? '' : `round ${event.round}`}</span>
              <span class="event-text" title={event.text}>
                {event.text}
              </span>
            </>
          )}
        />
      )}
    </section>
  );
}

function countTypes(log: readonly LoggedEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of log) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

function wordsOf({ type, round, text }: LoggedEvent): string {
  return `${type} ${round === undefined ? '' : `round ${round}`} ${text}`.toLowerCase();
}
