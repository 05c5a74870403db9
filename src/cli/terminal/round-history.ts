/** The headline metric of a run by round, for the live curve. */
import { formatMetric, formatPercent } from '../../report/format.js';
import { finite } from '../../report/run-summary.js';
import type { CentralEvaluated, Metrics, RoundFinished, RunStarted } from '../../round/run-events.js';
import { curve } from './curve.js';
import type { TerminalOptions } from './style.js';

const HEIGHT = 6;

/** Grows with the run. */
export interface RoundHistory {
  /** The highest round so far; -1 before round 0. */
  lastRound(): number;
  addRound(event: RoundFinished): void;
  addCentral(event: CentralEvaluated): void;
  /** The curves of the global model, of clients' held-out data and of central training, where they are known. */
  chart(task: RunStarted['task'], options: TerminalOptions): string;
}

/** An empty history. */
export function createRoundHistory(): RoundHistory {
  const global: (number | null)[] = [];
  const federated: (number | null)[] = [];
  const central: (number | null)[] = [];
  return {
    lastRound: () => global.length - 1,
    addRound(event) {
      put(global, event.round, event.metrics);
      put(federated, event.round, event.federated?.metrics);
    },
    addCentral(event) {
      put(central, event.round, event.metrics);
    },
    chart(task, options) {
      const lines = [
        { name: 'global', values: global },
        { name: 'federated', values: federated },
        { name: 'central', values: central },
      ].filter(({ values }) => values.some((value) => value !== null));
      return curve(
        lines.map(({ values }) => values),
        {
          ...options,
          names: lines.map(({ name }) => name),
          format: task === 'classification' ? formatPercent : formatMetric,
          height: HEIGHT,
        },
      );
    },
  };
}

function put(line: (number | null)[], round: number, metrics: Metrics | undefined): void {
  while (line.length < round) line.push(null);
  line[round] = finite(metrics?.accuracy ?? metrics?.meanAbsoluteError ?? metrics?.loss) ?? null;
}
