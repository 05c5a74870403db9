/** What can be done with a run: by operators to stop, pause and go on; by all to take it away. */
import { useState } from 'preact/hooks';
import type { RunDetails } from '../../../../src/server/control-messages.js';
import { ActButton } from '../parts/act-button.js';
import { ConfirmButton } from '../parts/confirm.js';
import { download } from '../parts/download.js';
import { ask, runPath } from '../state/api.js';
import type { LiveRun } from '../state/live-run.js';
import { mayAct } from '../state/session.js';

interface Actions {
  readonly details: RunDetails;
  readonly status: string;
  readonly live: LiveRun;
  onChange(): void;
}

export function RunActions({ details, status, live, onChange }: Actions) {
  const { runId } = details;
  const act = (action: string) => async () => {
    await ask(`${runPath(runId)}/${action}`, { method: 'POST' });
    onChange();
  };
  return (
    <div class="actions">
      <Downloads details={details} hasBegun={live.summary.value !== undefined} />
      {mayAct.value && status === 'running' && (
        <ConfirmButton label="Pause" title={`Pause ${runId}?`} act={act('pause')}>
          <p>The open round goes on to its end, then no client is asked until the run is resumed.</p>
        </ConfirmButton>
      )}
      {mayAct.value && (status === 'paused' || (status === 'interrupted' && details.type === 'served')) && (
        <ActButton label="Resume" look="primary" act={act('resume')} />
      )}
      {mayAct.value && (status === 'running' || status === 'paused') && (
        <ConfirmButton label="Stop" title={`Stop ${runId} for good?`} look="danger" act={act('stop')}>
          <p>
            What clients are training now is thrown away, and the run cannot go on again. Its models, its log
            and its report stay.
          </p>
        </ConfirmButton>
      )}
    </div>
  );
}

function Downloads({ details, hasBegun }: { details: RunDetails; hasBegun: boolean }) {
  const { runId, models } = details;
  const [round, setRound] = useState('latest');
  return (
    <details class="menu">
      <summary class="button">Download</summary>
      <div class="menu-box">
        {hasBegun && (
          <ActButton
            label="Report (HTML)"
            act={() => download(`${runPath(runId)}/report`, `${runId}-report.html`)}
          />
        )}
        {models.length > 0 ? (
          <>
            <label class="field">
              <span>Model of round</span>
              <select value={round} onChange={(event) => setRound(event.currentTarget.value)}>
                <option value="latest">the newest</option>
                {models.toReversed().map((one) => (
                  <option key={one} value={String(one)}>
                    {one}
                  </option>
                ))}
              </select>
            </label>
            <ActButton
              label="Model (safetensors)"
              act={() => download(`${runPath(runId)}/models/${round}`, `${runId}-${round}.safetensors`)}
            />
          </>
        ) : (
          <p class="note">No model is kept yet.</p>
        )}
      </div>
    </details>
  );
}
