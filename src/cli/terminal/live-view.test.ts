import { expect, it } from 'vitest';
import { fakeRun, unevaluatedRun } from '../../../test/helpers/run-events.js';
import { createLiveView } from './live-view.js';
import { createStatusBlock } from './status-block.js';

/** As much of a terminal as the view uses: what is on the screen after everything was written. */
function fakeTerminal(columns = 80, rows = 40) {
  const lines: string[] = [''];
  const written: string[] = [];
  let row = 0;
  let column = 0;
  let cursor = true;
  const put = (character: string) => {
    if (column >= columns) {
      row++;
      column = 0;
    }
    while (lines.length <= row) lines.push('');
    lines[row] = lines[row]!.slice(0, column).padEnd(column) + character + lines[row]!.slice(column + 1);
    column++;
  };
  const control = (code: string) => {
    if (code === '[J') {
      lines.length = row + 1;
      lines[row] = lines[row]!.slice(0, column);
    } else if (code.endsWith('A')) row = Math.max(0, row - Number(code.slice(1, -1)));
    else if (code.startsWith('[?25')) cursor = code.endsWith('h');
    else if (!code.endsWith('m')) throw new Error(`unknown control sequence ${JSON.stringify(code)}`);
  };
  return {
    isTTY: true,
    columns,
    rows,
    lines,
    written,
    cursorShown: () => cursor,
    write(text: string) {
      written.push(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a terminal reads
      for (const [part, code] of text.matchAll(/\u001b(\[[?0-9;]*[A-Za-z])|[\s\S]/gu)) {
        if (code) control(code);
        else if (part === '\r') column = 0;
        else if (part === '\n') {
          row++;
          column = 0;
          while (lines.length <= row) lines.push('');
        } else put(part);
      }
    },
  };
}

function clock(step: number): () => number {
  let time = 0;
  return () => {
    time += step;
    return time;
  };
}

const EVENTS = fakeRun({ rounds: 6, baselines: true, failedRounds: [3] });

it('prints plain rows, and nothing that moves the cursor, where there is no terminal', () => {
  const written: string[] = [];
  const view = createLiveView({ write: (text) => written.push(text) }, { color: false });
  for (const event of EVENTS) view.onEvent(event);
  view.end();
  const lines = written.join('').split('\n');
  expect(written.join('')).not.toContain('\u001b');
  expect(lines.filter((line) => /^ +\d+ +\d+\.\d%/.test(line))).toHaveLength(7);
  expect(lines[0]).toMatch(/^quiet-otter-4f1c: 2nn/);
  expect(lines.filter((line) => line.includes('did not answer'))).toHaveLength(1);
});

it('leaves the rows and the final curve on a terminal, no trace of the status, and the cursor shown', () => {
  const terminal = fakeTerminal();
  const view = createLiveView(terminal, { color: true, now: clock(60) });
  for (const event of EVENTS) view.onEvent(event);
  expect(terminal.cursorShown()).toBe(false);
  expect(terminal.lines.filter((line) => line.includes('left') || line.includes('100%'))).not.toHaveLength(0);
  view.end();
  const screen = terminal.lines.join('\n');
  expect(terminal.cursorShown()).toBe(true);
  expect(screen).not.toMatch(/ left|[█░]/);
  expect(terminal.lines.filter((line) => /^ +\d+ +\d+\.\d%/.test(line) && !line.includes('│'))).toHaveLength(
    7,
  );
  expect(screen.match(/round 0 /g)).toHaveLength(1);
  expect(terminal.lines.at(-1)).toBe('');
});

it('shows the round, the clients that have trained and the time left', () => {
  const terminal = fakeTerminal();
  const view = createLiveView(terminal, { color: false, now: clock(200) });
  for (const event of EVENTS.slice(
    0,
    EVENTS.findIndex((event) => event.type === 'round-finished' && event.round === 2),
  )) {
    view.onEvent(event);
  }
  expect(terminal.lines.at(-1)).toMatch(/^round 1\/6, \d+ clients trained {2}█+░+ {2}16% {2}.* left$/);
});

it('shows a run whose clients come and go, and that nobody evaluates', () => {
  const terminal = fakeTerminal();
  const view = createLiveView(terminal, { color: false, now: clock(200) });
  const events = unevaluatedRun({ rounds: 3 });
  for (const event of events) {
    view.onEvent(event);
    if (event.type !== 'round-started') continue;
    expect(terminal.lines.at(-1)).toMatch(new RegExp(`^round ${event.round - 1}/3, 13 clients asked `));
  }
  view.end();
  expect(terminal.lines[0]).toBe('quiet-otter-4f1c: 2nn with 199,210 parameters, onnxruntime-node');
  expect(terminal.lines.filter((line) => /^ +\d +- /.test(line))).toHaveLength(4);
  expect(terminal.lines.join('\n')).not.toMatch(/NaN|n\/a|undefined/);
});

it('does not redraw for every client of a fast run', () => {
  const terminal = fakeTerminal();
  const view = createLiveView(terminal, { color: false, now: () => 0 });
  for (const event of EVENTS) view.onEvent(event);
  const told = EVENTS.filter(
    (event) => event.type === 'run-started' || event.type === 'round-finished',
  ).length;
  expect(terminal.written).toHaveLength(told + 1);
});

it('keeps every status line inside a narrow terminal', () => {
  for (const columns of [12, 20, 40]) {
    const terminal = fakeTerminal(columns);
    const view = createLiveView(terminal, { color: true, now: clock(200) });
    for (const event of EVENTS) view.onEvent(event);
    view.end();
    expect(terminal.lines.join('\n')).not.toContain(' left');
    expect(
      terminal.lines.filter((line) => /^ +\d+( |$)/.test(line) && !/[│:]/.test(line)).length,
    ).toBeGreaterThanOrEqual(7);
  }
});

it('shows nothing after its end, and ends once', () => {
  const terminal = fakeTerminal();
  const view = createLiveView(terminal, { color: false });
  view.onEvent(EVENTS[0]!);
  view.end();
  const count = terminal.written.length;
  view.end();
  view.onEvent(EVENTS[1]!);
  expect(terminal.written).toHaveLength(count);
});

it('clears what a terminal has wrapped since it was made narrower', () => {
  const terminal = fakeTerminal(20);
  const block = createStatusBlock({ isTTY: true, columns: 20, write: (text) => terminal.write(text) });
  block.show('kept', ['a line that is wider than twenty columns', 'short']);
  block.close('');
  expect(terminal.lines).toEqual(['kept', '']);
});
