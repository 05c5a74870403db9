/** The switch, and in one sentence what goes on; on a phone it stays at the thumb. */
import { useEffect } from 'preact/hooks';
import { announce } from '../../dashboard/parts/announcer.js';
import type { Joiner } from '../state/joiner.js';
import { statusSentence } from '../state/sentences.js';
import { Switch } from './switch.js';

interface TakePartProps {
  readonly joiner: Joiner;
  /** Of examples that are kept. */
  readonly count: number;
  /** Whether the run has ended. */
  readonly isOver: boolean;
}

export function TakePart({ joiner, count, isOver }: TakePartProps) {
  const state = joiner.state.value;
  const { status, progress } = state;
  const isOn = joiner.isOn.value;
  const sentence =
    joiner.trouble.value ??
    statusSentence(joiner.kind, state, {
      ...{ count, isOver, isOn },
      isPending: joiner.isPending.value,
    });
  const isBad = joiner.trouble.value !== undefined || status === 'failed';
  useEffect(() => announce(sentence), [sentence]);
  return (
    <section class={`take-part ${isOn ? 'on' : ''} ${status}`} aria-labelledby="take-part-title">
      <Switch
        isOn={isOn}
        labelledBy="take-part-title"
        describedBy="take-part-status"
        onTurn={(on) => void joiner.turn(on)}
      />
      <h2 id="take-part-title">Take part</h2>
      {isOn && !joiner.isPending.value && (
        <button
          type="button"
          class="button small"
          onClick={() => void (status === 'paused' ? joiner.turn(true) : joiner.pause())}
        >
          {status === 'paused' ? 'Go on' : 'Pause'}
        </button>
      )}
      <p id="take-part-status" class={isBad ? 'problem' : ''}>
        {sentence}
      </p>
      <div class={`thread ${progress ? 'busy' : ''} ${progress && progress.share === null ? 'unknown' : ''}`}>
        <span style={{ '--share': String(progress?.share ?? (progress ? 1 : 0)) }} />
      </div>
    </section>
  );
}
