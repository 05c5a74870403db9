/** A button that asks before it acts, and says what became of it. */
import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { sentenceOf } from '../state/api.js';

interface Confirmed {
  readonly label: string;
  readonly title: string;
  /** What happens, in a sentence or two. */
  readonly children: ComponentChildren;
  readonly look?: 'danger' | 'plain';
  readonly isSmall?: boolean;
  act(): Promise<unknown>;
}

export function ConfirmButton({ label, title, children, look = 'plain', isSmall = false, act }: Confirmed) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const confirm = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
      dialog.current?.close();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        class={`button ${look}${isSmall ? ' small' : ''}`}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={id} class="dialog" onClose={() => setFailure(undefined)}>
        <h2 id={id}>{title}</h2>
        <div class="dialog-text">{children}</div>
        {failure && (
          <p class="problem" role="alert">
            {failure}
          </p>
        )}
        <div class="actions end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button
            type="button"
            class={`button ${look === 'plain' ? 'primary' : 'danger'}`}
            disabled={isBusy}
            onClick={confirm}
          >
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
