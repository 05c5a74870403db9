/** Says when the server does not answer, and when it is asked again. */
import { useEffect, useState } from 'preact/hooks';
import { retryAt } from '../state/api.js';
import { retryNow } from '../state/patience.js';

export function ConnectionBanner() {
  const at = retryAt.value;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (at === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [at]);
  if (at === null) return null;
  const seconds = Math.ceil((at - now) / 1000);
  return (
    <div class="banner" role="alert">
      <p>
        <strong>The server does not answer.</strong> {/* Not read out every second. */}
        <span aria-hidden="true">{seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again …'}</span>{' '}
        What you see is what it said last.
      </p>
      <button type="button" class="button small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
