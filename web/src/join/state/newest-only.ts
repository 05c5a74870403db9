/** Work of which only the newest matters: what comes while one is under way waits, and replaces what waited before. */

/** @param work is never called twice at a time; what it throws is told to `onFailure` */
export function newestOnly<T>(
  work: (input: T) => Promise<void>,
  onFailure: (error: unknown) => void,
): (input: T) => void {
  let waiting: { readonly input: T } | undefined;
  let isBusy = false;
  const go = async () => {
    isBusy = true;
    while (waiting) {
      const { input } = waiting;
      waiting = undefined;
      await work(input).catch(onFailure);
    }
    isBusy = false;
  };
  return (input) => {
    waiting = { input };
    if (!isBusy) void go();
  };
}
