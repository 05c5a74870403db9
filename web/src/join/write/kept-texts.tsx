/** The texts that are kept on this device to learn from. */
import { formatCount, formatPlural } from '../../../../src/format.js';
import type { WritingDesk } from './desk.js';

const SHOWN = 40;
const EXCERPT = 160;

export function KeptTexts({ desk }: { desk: WritingDesk }) {
  const kept = desk.kept.value;
  const words = kept.reduce((sum, { text }) => sum + wordsOf(text), 0);
  return (
    <section class="panel" aria-labelledby="texts-title">
      <h2 id="texts-title" class="panel-title">
        Your texts
      </h2>
      {kept.length === 0 ? (
        <p class="empty">None yet. Write as you would to a friend, and let the model learn from it.</p>
      ) : (
        <>
          <p class="note">
            {formatPlural(kept.length, 'text')}, {formatCount(words)} words in this browser, and nowhere else.
          </p>
          <ul class="texts" aria-label="Kept texts, the newest first">
            {kept
              .slice(-SHOWN)
              .toReversed()
              .map(({ id, text }) => (
                <li key={id}>
                  <span class="text-excerpt">
                    {text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text}
                  </span>
                  <button
                    type="button"
                    class="text-remove"
                    aria-label={`Remove the text that begins ${text.slice(0, 20)}`}
                    onClick={() => desk.remove(id)}
                  >
                    <span aria-hidden="true">×</span>
                  </button>
                </li>
              ))}
          </ul>
        </>
      )}
    </section>
  );
}

function wordsOf(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}
