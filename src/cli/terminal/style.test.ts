import { describe, expect, it } from 'vitest';
import { clip, pad, paint, useColor } from './style.js';

describe('useColor', () => {
  const terminal = { isTTY: true };
  const pipe = {};

  it('is on for a terminal only', () => {
    expect(useColor(terminal, {})).toBe(true);
    expect(useColor(pipe, {})).toBe(false);
    expect(useColor(terminal, { TERM: 'dumb' })).toBe(false);
  });

  it('is off when NO_COLOR is set and not empty, whatever else is set', () => {
    expect(useColor(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(useColor(terminal, { NO_COLOR: '' })).toBe(true);
  });

  it('is on when FORCE_COLOR is set, unless to 0 or false', () => {
    expect(useColor(pipe, { FORCE_COLOR: '1' })).toBe(true);
    expect(useColor(terminal, { FORCE_COLOR: '0' })).toBe(false);
    expect(useColor(terminal, { FORCE_COLOR: 'false' })).toBe(false);
    expect(useColor(pipe, { FORCE_COLOR: '' })).toBe(false);
  });
});

it('paints only with colours on, and never nothing', () => {
  expect(paint('x', 'red', { color: true })).toBe('\u001b[31mx\u001b[0m');
  expect(paint('x', 'red', { color: false })).toBe('x');
  expect(paint('', 'red', { color: true })).toBe('');
});

it('clips and pads to exactly the width', () => {
  expect(clip('abcdef', 4, {})).toBe('abc…');
  expect(clip('abcdef', 4, { unicode: false })).toBe('abc~');
  expect(clip('abcd', 4, {})).toBe('abcd');
  expect(clip('abcd', 0, {})).toBe('');
  expect(pad('ab', 4, 'right')).toBe('  ab');
  expect(pad('abcde', 4, 'left')).toBe('abcde');
});
