/** Tests of what is known of the clients of a round. */
import { describe, expect, it } from 'vitest';
import type { ActivityPhase } from './activity.js';
import { createActivityBoard } from './activity-board.js';

describe('the activity of a run', () => {
  it('begins with a cohort that is selected, and goes on with what each client does', () => {
    const board = createActivityBoard();
    board.begin(1, [4, 7], 100);
    board.note(7, 'training', 110);
    board.note(4, 'training', 120);
    board.note(7, 'done', 130);
    expect(board.since(0).map(({ clientId, phase, at }) => [clientId, phase, at])).toEqual([
      [4, 'selected', 100],
      [7, 'selected', 100],
      [7, 'training', 110],
      [4, 'training', 120],
      [7, 'done', 130],
    ]);
    expect(board.phaseOf(4)).toBe('training');
    expect(board.since(3).map(({ at }) => at)).toEqual([120, 130]);
  });

  it('takes no news of others, none twice, and none after the end', () => {
    const board = createActivityBoard();
    board.begin(1, [4], 100);
    board.note(5, 'training', 101);
    board.note(4, 'selected', 102);
    board.note(4, 'failed', 103);
    board.note(4, 'uploading', 104);
    board.note(4, 'done', 105);
    expect(board.since(0).map(({ phase }) => phase)).toEqual(['selected', 'failed']);
  });

  it('keeps the round before for those who are slow, and no more', () => {
    const board = createActivityBoard();
    for (const round of [1, 2, 3, 4]) {
      board.begin(round, [1, 2], round);
      board.note(1, 'done', round);
    }
    expect(board.since(0).map(({ round }) => round)).toEqual([3, 3, 3, 4, 4, 4]);
    expect([board.openFrom, board.next]).toEqual([9, 12]);
    expect(board.since(board.openFrom).map(({ round }) => round)).toEqual([4, 4, 4]);
    expect(board.since(11)).toHaveLength(1);
    expect(board.since(board.next)).toEqual([]);
  });

  it('does not grow with a client that goes back and forth, and still tells its end', () => {
    const board = createActivityBoard();
    board.begin(1, [1], 0);
    const phases: readonly ActivityPhase[] = ['downloading', 'training'];
    for (let change = 0; change < 1000; change++) board.note(1, phases[change % 2] as ActivityPhase, change);
    board.note(1, 'done', 1000);
    expect(board.since(0).length).toBeLessThan(20);
    expect(board.since(0).at(-1)?.phase).toBe('done');
  });
});
