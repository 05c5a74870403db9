/** A switch. */
interface SwitchProps {
  readonly isOn: boolean;
  /** Of the element that says what it is for. */
  readonly labelledBy: string;
  readonly describedBy: string;
  onTurn(on: boolean): void;
}

export function Switch({ isOn, labelledBy, describedBy, onTurn }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={isOn}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      onClick={() => onTurn(!isOn)}
    >
      <span class="switch-knob" aria-hidden="true" />
    </button>
  );
}
