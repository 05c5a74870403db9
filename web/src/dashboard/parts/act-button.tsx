/** A button that acts at once; what goes wrong is said beside it. */
import { useState } from 'preact/hooks';
import { sentenceOf } from '../state/api.js';

interface Acting {
  readonly label: string;
  readonly look?: string;
  /** More for screen readers: whom it is about. */
  readonly about?: string;
  act(): Promise<unknown>;
}

export function ActButton({ label, look = '', about, act }: Acting) {
  const [failure, setFailure] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={`button ${look}`} disabled={isBusy} onClick={press}>
        {label}
        {about && <span class="sr"> {about}</span>}
      </button>
      {failure && (
        <span class="problem" role="alert">
          {failure}
        </span>
      )}
    </>
  );
}
