/** The way out: says what is deleted, asks once, and does it. */
import { useId, useRef, useState } from 'preact/hooks';
import { TransportError } from '../../../../src/errors.js';
import { formatPlural } from '../../../../src/format.js';
import type { Joiner } from '../state/joiner.js';
import { countOf, sentenceOf } from '../state/sentences.js';
import type { Stays } from './proof.js';

interface LeaveProps {
  readonly joiner: Joiner;
  readonly stays: Stays;
  readonly contributions: number;
}

export function LeaveButton({ joiner, stays, contributions }: LeaveProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string | undefined>();
  const [isUnreachable, setUnreachable] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [isGone, setGone] = useState(false);
  const id = useId();
  const leave = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await joiner.leave({ evenIfUnreachable: isUnreachable });
      setGone(true);
      dialog.current?.close();
    } catch (error) {
      setUnreachable(error instanceof TransportError);
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <span class="said" role="status">
        {isGone && 'Left. Nothing of it is kept here any more.'}
      </span>
      <button
        type="button"
        class="button danger"
        onClick={() => {
          setGone(false);
          setFailure(undefined);
          setUnreachable(false);
          dialog.current?.showModal();
        }}
      >
        Leave and forget
      </button>
      <dialog ref={dialog} class="dialog" aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`}>
        <h2 id={`${id}-title`}>Leave and forget?</h2>
        <div class="dialog-text" id={`${id}-text`}>
          <p>The server forgets this device’s key, which never gets in again. Deleted in this browser:</p>
          <ul>
            <li>{countOf(joiner.kind, stays.count)}</li>
            <li>the key, and with it this device’s identity here</li>
            <li>the list of requests, and the history of {formatPlural(contributions, 'contribution')}</li>
          </ul>
          <p>What the model has learned already cannot be taken out of it.</p>
        </div>
        {failure && (
          <p class="problem" role="alert">
            {failure}
          </p>
        )}
        <div class="actions end">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Stay
          </button>
          <button type="button" class="button danger" disabled={isBusy} onClick={leave}>
            {isUnreachable ? 'Delete here all the same' : 'Leave and forget'}
          </button>
        </div>
      </dialog>
    </>
  );
}
