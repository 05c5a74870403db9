/** A run as it is now: what its log says, folded event by event, and shown at most once a frame. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { eventText } from '../../../../src/charts/event-text.js';
import { createRunFold, type RunSummary } from '../../../../src/charts/run-summary.js';
import type { RoundFinished, RunEvent } from '../../../../src/round/run-events.js';
import type { OpenRoundState } from '../../../../src/server/control-messages.js';
import { followRun } from './follow-run.js';
import { createPainter } from './painter.js';
import { createTimelineFold, type RoundTimeline } from './round-timeline.js';

/** All but `client-trained`: a run of thousands of rounds has hundreds of thousands of them. */
const FOLLOWED = [
  ...['run-started', 'run-resumed', 'round-started', 'round-finished', 'client-failed', 'central-evaluated'],
  ...['isolated-evaluated', 'ngram-evaluated', 'suggestions-sampled', 'clients-evaluated', 'run-finished'],
];

/** A line of the event log. */
export interface LoggedEvent {
  readonly number: number;
  readonly type: RunEvent['type'];
  readonly round: number | undefined;
  readonly text: string;
}

export interface LiveRun {
  /** Undefined before the run has started. */
  readonly summary: ReadonlySignal<RunSummary | undefined>;
  /** The open round as the server counts it; undefined where the run is not open. */
  readonly state: ReadonlySignal<OpenRoundState | undefined>;
  readonly timeline: ReadonlySignal<RoundTimeline | undefined>;
  readonly log: ReadonlySignal<readonly LoggedEvent[]>;
  readonly isOver: ReadonlySignal<boolean>;
  readonly refusal: ReadonlySignal<string | undefined>;
  close(): void;
}

/** @param everything also what each client trained, for the event log alone */
export function openLiveRun(runId: string, everything = false): LiveRun {
  const end = new AbortController();
  const summary = signal<RunSummary | undefined>(undefined);
  const state = signal<OpenRoundState | undefined>(undefined);
  const timeline = signal<RoundTimeline | undefined>(undefined);
  const log = signal<readonly LoggedEvent[]>([]);
  const isOver = signal(false);
  const refusal = signal<string | undefined>(undefined);

  let fold = createRunFold();
  let lines: LoggedEvent[] = [];
  const activities = createTimelineFold();
  let newestState: OpenRoundState | undefined;
  let newest: RoundFinished | undefined;
  const changed = { log: false, timeline: false };

  const show = () => {
    batch(() => {
      state.value = newestState;
      if (changed.log) {
        summary.value = fold.summary();
        log.value = lines.slice();
      }
      if (changed.timeline) timeline.value = activities.timeline();
    });
    changed.log = false;
    changed.timeline = false;
  };
  const painter = createPainter(show);
  const listener = {
    onReset() {
      fold = createRunFold();
      lines = [];
      newest = undefined;
      activities.reset();
    },
    onEvent(event: RunEvent, number: number) {
      if (event.type === 'round-finished') {
        // Confusion matrices are large, and only the last one is shown.
        if (newest) fold.add(withoutClasses(newest));
        newest = event;
      }
      fold.add(event);
      const round = 'round' in event ? event.round : undefined;
      lines.push({ number, type: event.type, round, text: eventText(event) });
      changed.log = true;
      painter.ask();
    },
    onActivity(activity: Parameters<typeof activities.add>[0]) {
      activities.add(activity);
      changed.timeline = true;
      painter.ask();
    },
    onState(open: OpenRoundState) {
      newestState = open;
      painter.ask();
    },
    onOver() {
      newestState = undefined;
      show();
      isOver.value = true;
    },
    onRefused(sentence: string) {
      refusal.value = sentence;
    },
  };
  void followRun(runId, everything ? undefined : FOLLOWED, listener, end.signal);
  return {
    ...{ summary, state, timeline, log, isOver, refusal },
    close() {
      end.abort();
      painter.stop();
    },
  };
}

function withoutClasses(event: RoundFinished): RoundFinished {
  const { metrics, federated } = event;
  if (!metrics) return event;
  const { confusionMatrix: _, perClassAccuracy: __, ...rest } = metrics;
  const { confusionMatrix: ___, perClassAccuracy: ____, ...own } = federated?.metrics ?? metrics;
  return { ...event, metrics: rest, ...(federated && { federated: { ...federated, metrics: own } }) };
}
