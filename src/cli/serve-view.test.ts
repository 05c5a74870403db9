/** Tests of what a server prints of its runs. */
import { describe, expect, it } from 'vitest';
import { fakeRun } from '../../test/helpers/run-events.js';
import type { RunEvent } from '../round/run-events.js';
import { createServeView } from './serve-view.js';

function open() {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const view = createServeView({ columns: 120, write }, { color: false, unicode: true });
  return { view, lines: () => text.split('\n').filter((line) => line !== '') };
}

const events = fakeRun({ rounds: 2, clients: 3 });
const roundOf = (round: number): RunEvent => {
  const found = events.find((event) => event.type === 'round-finished' && event.round === round);
  if (!found) throw new Error(`no round ${round}`);
  return found;
};
const [started] = events;
if (started?.type !== 'run-started') throw new Error('no start');

describe('the lines of a server', () => {
  it('are one a round, without names where there is one run only', () => {
    const { view, lines } = open();
    for (const event of events) view.onEvent('one', event);
    const rows = lines();
    expect(rows.filter((line) => /^ +[012] /.test(line))).toHaveLength(3);
    expect(rows.at(-1)).toBe('one has ended after round 2: rounds');
  });

  it('say whose they are where there are several runs', () => {
    const { view, lines } = open();
    view.onEvent('one', started);
    view.onEvent('two', { ...started, runId: 'two' });
    view.onEvent('one', roundOf(0));
    view.onEvent('two', roundOf(0));
    expect(lines().slice(-2)).toEqual([expect.stringMatching(/^one +0 /), expect.stringMatching(/^two +0 /)]);
  });

  it('have the header of a run that goes on', () => {
    const { view, lines } = open();
    view.remember({ ...started, runId: 'one' });
    view.onEvent('one', { type: 'run-resumed', time: 0, round: 1 });
    view.onEvent('one', roundOf(2));
    const [headline, header, resumed, row] = lines();
    expect(headline).toContain('parameters');
    expect(header).toMatch(/^round +accuracy/);
    expect(resumed).toBe('resumed after round 1');
    expect(row).toMatch(/^ +2 /);
  });
});
