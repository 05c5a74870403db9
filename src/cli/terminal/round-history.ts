/** The headline metric of a run by round, for the live curve. */

import { finite } from '../../charts/run-summary.js';
import { formatMetric, formatPercent } from '../../format.js';
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
  /** Of the global model, or where parameters stay with clients of all clients' models. */
  const global: Line = [];
  let local = false;
  const federated: Line = [];
  const central: Line = [];
  return {
    lastRound: () => global.length - 1,
    addRound(event) {
      put(global, event.round, event.metrics);
      local ||= event.localSha256 !== undefined;
      put(federated, event.round, event.federated?.metrics);
    },
    addCentral(event) {
      put(central, event.round, event.metrics);
    },
    chart(task, options) {
      const lines = [
        { name: local ? 'all clients' : 'global', values: global },
        { name: 'federated', values: federated },
        { name: 'central', values: central },
      ].filter(({ values }) => values.some((value) => typeof value === 'number'));
      return curve(
        lines.map(({ values }) => values),
        {
          ...options,
          names: lines.map(({ name }) => name),
          format: task === 'regression' ? formatMetric : formatPercent,
          height: HEIGHT,
        },
      );
    },
  };
}

/** Null where the model diverged, undefined where a round was not evaluated. */
type Line = (number | null | undefined)[];

function put(line: Line, round: number, metrics: Metrics | undefined): void {
  while (line.length < round) line.push(undefined);
  const value = metrics && (metrics.accuracy ?? metrics.meanAbsoluteError ?? metrics.loss);
  line[round] = metrics && (finite(value) ?? null);
}
