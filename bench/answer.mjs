/** The child's side of bench/peer.ts: answers questions from the process that started this one. */
import { readFileSync } from 'node:fs';

/** Answers `{ id, type, ...}` with what the handler of that type returns; CPU time and memory can always be asked for. */
export function answer(handlers) {
  const all = { cpu: cpuMs, memory, ...handlers };
  process.on('message', async ({ id, type, ...question }) => {
    try {
      process.send({ id, answer: await all[type](question) });
    } catch (error) {
      process.send({ id, failure: error.stack });
    }
  });
  // Not by a signal: a profile is written on the way out.
  process.on('disconnect', () => process.exit(0));
}

/** Says something without being asked. */
export function tell(said) {
  process.send({ said });
}

/** CPU milliseconds of this process so far. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Memory in MB: the highest resident set so far, and the proportional share of what is mapped now; `collected`: without
 * garbage, which needs `--expose-gc`.
 */
export function memory({ collected = false } = {}) {
  if (collected) globalThis.gc();
  const number = (file, name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/self/${file}`, 'utf8'))[1]);
  return { peakMb: number('status', 'VmHWM') / 1024, pssMb: number('smaps_rollup', 'Pss') / 1024 };
}
