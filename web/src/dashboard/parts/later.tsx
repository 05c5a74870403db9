/** A view whose code is fetched when it is first looked at. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading, Notice } from './notice.js';

/** @param load the same function each time it is rendered */
export function Later<Props extends object>({
  load,
  props,
}: {
  load(): Promise<ComponentType<Props>>;
  props: Props;
}) {
  const [View, setView] = useState<ComponentType<Props> | undefined>();
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    // In a function: a component is one itself.
    load().then(
      (view) => setView(() => view),
      () => setFailed(true),
    );
  }, [load]);
  if (hasFailed) {
    return (
      <Notice title="This view could not be loaded">
        <p>The server does not answer, or has another version by now: load the page again.</p>
      </Notice>
    );
  }
  return View ? <View {...props} /> : <Loading what="the view" />;
}
