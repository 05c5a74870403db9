/** What the model of a run knows well and what it confuses; of text, what it suggests. */
import { useMemo } from 'preact/hooks';
import { classPanel, confusionPanel } from '../../../../src/charts/class-panels.js';
import type { RunSummary } from '../../../../src/charts/run-summary.js';
import { suggestionPanel } from '../../../../src/charts/suggestion-panel.js';
import { Markup } from '../parts/markup.js';
import { Notice } from '../parts/notice.js';

export function RunClasses({ summary }: { summary: RunSummary }) {
  const { lastEvaluated, finished, isolated, suggestions } = summary;
  // A summary is new with every event
  const panels = useMemo(
    () => [confusionPanel(summary), classPanel(summary), suggestionPanel(summary)],
    [lastEvaluated, finished, isolated.length, suggestions],
  );
  if (!panels.some(Boolean)) {
    return (
      <Notice title="Nothing to show yet">
        <p>
          {summary.started.task === 'next-token'
            ? 'Suggestions are sampled when a simulation of text has ended.'
            : 'The classes appear with the first round that is evaluated.'}
        </p>
      </Notice>
    );
  }
  return (
    <div class="panels first">
      {panels.map((panel) => (
        <Markup of={panel} />
      ))}
    </div>
  );
}
