/** What a participant has given: kept until it leaves. */
import type { ParticipantDatabase } from './database.js';
import type { ContributionTotals } from './participant-state.js';
import type { Contribution } from './records.js';

/** Shown at once; older ones count in the totals only. */
const SHOWN = 500;

/** Adds one. */
export async function keepContribution(
  database: ParticipantDatabase,
  contribution: Contribution,
): Promise<void> {
  await database.add('history', contribution);
}

/** The newest first, at most 500. */
export async function readHistory(database: ParticipantDatabase): Promise<Contribution[]> {
  return (await database.getAll('history', await lastKeys(database, 'history', SHOWN))).reverse();
}

/** Over all of them. */
export async function totalsOf(database: ParticipantDatabase): Promise<ContributionTotals> {
  let totals: ContributionTotals = { updates: 0, bytes: 0 };
  for (const each of await database.getAll('history')) totals = withContribution(totals, each);
  return totals;
}

/** The totals with one more. */
export function withContribution(
  { updates, bytes }: ContributionTotals,
  { kind, outcome, bytes: more }: Contribution,
): ContributionTotals {
  const counts = kind === 'update' && outcome !== 'dropped';
  return { updates: updates + (counts ? 1 : 0), bytes: bytes + more };
}

/** The keys of the last `count` entries of a store whose keys are numbers that rise by one. */
export async function lastKeys(
  database: ParticipantDatabase,
  store: 'history' | 'requests',
  count: number,
): Promise<IDBKeyRange> {
  const last = await database.transaction(store).store.openKeyCursor(null, 'prev');
  return IDBKeyRange.lowerBound((last?.key ?? 0) - count, true);
}
