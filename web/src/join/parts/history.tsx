/** What this device has given, round by round. */
import type { Contribution } from '../../../../src/browser/records.js';
import { describeProtection } from '../../../../src/client/protection.js';
import { formatBytes, formatCount } from '../../../../src/format.js';
import { plain } from '../../../../src/plain-text.js';

const SHOWN = 100;

const OUTCOMES = { accepted: 'counted', duplicate: 'counted once', dropped: 'not needed' } as const;

export function History({ history }: { history: readonly Contribution[] }) {
  if (history.length === 0) return null;
  return (
    <details class="more">
      <summary>What you have given ({formatCount(history.length)})</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="requests-scroll" tabIndex={0} aria-label="Contributions, the newest first">
        <table class="contributions">
          <thead>
            <tr>
              <th scope="col">Round</th>
              <th scope="col">What</th>
              <th scope="col" class="num">
                From
              </th>
              <th scope="col" class="num">
                Sent
              </th>
              <th scope="col">Became</th>
            </tr>
          </thead>
          <tbody>
            {history.slice(0, SHOWN).map((each) => (
              <tr key={`${each.at} ${each.runId} ${each.round} ${each.kind}`}>
                <td title={new Date(each.at).toLocaleString('en-GB')}>
                  {formatCount(each.round)} <span class="run-name">{plain(each.title)}</span>
                </td>
                <td>{each.kind === 'update' ? 'update' : 'evaluation'}</td>
                <td class="num">{formatCount(each.exampleCount)}</td>
                <td class="num">{formatBytes(each.bytes)}</td>
                <td title={describeProtection(each.protection)}>{OUTCOMES[each.outcome]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
