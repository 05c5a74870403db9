/** What a drawing is: one button for each class, of which one is chosen. */
import type { Signal } from '@preact/signals';

interface LabelRowProps {
  readonly names: readonly string[];
  readonly chosen: Signal<number | null>;
  /** How many are kept of each. */
  readonly counts: readonly number[];
}

export function LabelRow({ names, chosen, counts }: LabelRowProps) {
  return (
    <fieldset class="labels">
      <legend>What is it?</legend>
      <div class="label-buttons">
        {names.map((name, label) => (
          <label key={name} class={chosen.value === label ? 'chosen' : ''}>
            <input
              type="radio"
              name="label"
              class="sr"
              checked={chosen.value === label}
              onChange={() => {
                chosen.value = label;
              }}
            />
            <span class="label-name">{name}</span>
            <span class="label-count">
              {counts[label] ?? 0}
              <span class="sr"> kept</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
