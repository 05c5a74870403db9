/** How a run or a client stands, in a word and a colour. */

const LOOKS: Readonly<Record<string, string>> = {
  running: 'live',
  paused: 'held',
  interrupted: 'held',
  pending: 'held',
  finished: 'good',
  approved: 'good',
  stopped: 'quiet',
  failed: 'bad',
  damaged: 'bad',
  revoked: 'bad',
};

export function StatusBadge({ status }: { status: string }) {
  return <span class={`badge ${LOOKS[status] ?? 'quiet'}`}>{status}</span>;
}
