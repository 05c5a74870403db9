/** Runs what goes on until a person ends it: with Ctrl-C, or by closing what reads its output. */
const INTERRUPTED = 130;

/**
 * Runs `act`. The first Ctrl-C (or a request to terminate) tells it to end, and the exit code is 130; the second ends the
 * process. A reader that has seen enough (`| head`) tells it to end, too, with code 0. What `act` throws once it was
 * told to end is no failure.
 */
export async function untilInterrupted(act: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = (name: NodeJS.Signals) => {
    if (signal.aborted) {
      process.off('SIGINT', stop).off('SIGTERM', stop).kill(process.pid, name);
      return;
    }
    process.exitCode = INTERRUPTED;
    controller.abort();
  };
  const onReaderGone = ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  process.stdout.on('error', onReaderGone);
  try {
    await act(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    process.stdout.off('error', onReaderGone);
  }
}
