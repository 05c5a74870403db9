/** The open round: who does what now, and how it went so far. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDuration, formatPlural } from '../../../../src/format.js';
import type { OpenRoundState } from '../../../../src/server/control-messages.js';
import {
  type ClientLane,
  countPhases,
  PHASES,
  type RoundTimeline,
  timelineSentence,
} from '../state/round-timeline.js';
import { drawTimeline, laneAt, layoutFor, PHASE_TONES } from './timeline-canvas.js';

const REDRAW_MS = 250;

interface Shown {
  readonly timeline: RoundTimeline;
  readonly nameOf: (clientId: number) => string;
}

export function RoundPanel(props: Shown & { readonly state: OpenRoundState | undefined }) {
  const { timeline, nameOf, state } = props;
  const counts = countPhases(timeline);
  const [hasTable, setHasTable] = useState(false);
  return (
    <section class="panel wide" aria-labelledby="round-title">
      <h2 id="round-title" class="panel-title">
        Round {timeline.round}
      </h2>
      <p class="note">{state ? stateSentence(state) : 'The last round that was followed here.'}</p>
      <ul class="legend" aria-label="Clients by phase">
        {PHASES.map((phase) => (
          <li key={phase}>
            <i class={`mark ${phase} bg-${PHASE_TONES[phase]}`} />
            {phase} <b>{counts[phase]}</b>
          </li>
        ))}
      </ul>
      <Lanes timeline={timeline} nameOf={nameOf} />
      <details class="more" onToggle={(event) => setHasTable(event.currentTarget.open)}>
        <summary>The round as a table</summary>
        {hasTable && <LaneTable timeline={timeline} nameOf={nameOf} />}
      </details>
    </section>
  );
}

/** What the server waits for. */
function stateSentence(state: OpenRoundState): string {
  const here = `${formatPlural(state.available, 'client')} could be asked now`;
  switch (state.phase) {
    case 'training':
      return `${state.trained} of the ${state.goal} reports that close the round are here; ${here}.`;
    case 'selecting':
      return `Waiting for enough clients for round ${state.round}; ${here}.`;
    case 'evaluating':
      return `The model of round ${state.round} is being evaluated.`;
    case 'delayed':
      return `Round ${state.round} begins again after a wait; ${formatPlural(state.failures, 'round')} in a row failed.`;
    case 'paused':
      return `Paused after round ${state.round}; ${here}.`;
    case 'created':
      return 'The run is about to begin.';
    case 'finished':
      return 'The run has ended.';
    default:
      return state.phase satisfies never;
  }
}

function Lanes({ timeline, nameOf }: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [tip, setTip] = useState<{ text: string; y: number } | undefined>();
  useEffect(() => {
    const draw = () => {
      if (!canvas.current || !box.current) return;
      const layout = layoutFor(timeline.lanes.length, box.current.clientWidth);
      canvas.current.style.width = `${layout.width}px`;
      canvas.current.style.height = `${layout.height}px`;
      // A clock that is behind the server's must not end a lane before it began.
      const newest = timeline.lanes.reduce((most, { steps }) => Math.max(most, steps.at(-1)?.at ?? 0), 0);
      drawTimeline(canvas.current, timeline, layout, Math.max(Date.now(), newest), nameOf);
    };
    draw();
    const size = new ResizeObserver(draw);
    if (box.current) size.observe(box.current);
    const timer = timeline.until === undefined ? setInterval(draw, REDRAW_MS) : undefined;
    return () => {
      size.disconnect();
      clearInterval(timer);
    };
  }, [timeline, nameOf]);
  const point = (event: PointerEvent) => {
    const layout = layoutFor(timeline.lanes.length, box.current?.clientWidth ?? 0);
    const lane = laneAt(timeline, layout, event.offsetY);
    setTip(lane && { text: laneText(lane, timeline.from, nameOf), y: event.offsetY });
  };
  return (
    <div class="lanes" ref={box}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={timelineSentence(timeline)}
        onPointerMove={point}
        onPointerLeave={() => setTip(undefined)}
      />
      {tip && (
        <p class="tip" style={{ top: `${tip.y}px` }}>
          {tip.text}
        </p>
      )}
    </div>
  );
}

function laneText(
  { clientId, steps }: ClientLane,
  from: number,
  nameOf: (clientId: number) => string,
): string {
  const parts = steps.map(({ phase, at }) => `${phase} ${formatDuration(Math.max(0, at - from))}`);
  return `${nameOf(clientId)}: ${parts.join(', ')}`;
}

function LaneTable({ timeline, nameOf }: Shown) {
  return (
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">Client</th>
          <th scope="col">Now</th>
          <th scope="col" class="num">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {timeline.lanes.map(({ clientId, steps }) => {
          const last = steps.at(-1);
          return (
            <tr key={clientId}>
              <th scope="row">{nameOf(clientId)}</th>
              <td>{last?.phase}</td>
              <td class="num">{last && formatDuration(Math.max(0, last.at - timeline.from))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
