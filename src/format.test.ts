import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMetric,
  formatPercent,
  formatPlural,
} from './format.js';

describe('formatBytes', () => {
  it('uses decimal units with two or three digits', () => {
    expect([0, 532, 999, 1000, 1240, 12_400, 999_499, 999_999, 2.4e9].map(formatBytes)).toEqual([
      '0 B',
      '532 B',
      '999 B',
      '1.0 kB',
      '1.2 kB',
      '12 kB',
      '999 kB',
      '1.0 MB',
      '2.4 GB',
    ]);
  });

  it('never needs more than seven characters below a thousand petabytes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 9.99e17, noNaN: true }),
        (bytes) => formatBytes(bytes).length <= 7,
      ),
    );
  });
});

describe('formatDuration', () => {
  it('uses two units at most', () => {
    const hour = 3_600_000;
    expect([0, 320, 999.7, 12_340, 59_960, 185_000, 2.25 * hour, 76 * hour].map(formatDuration)).toEqual([
      '0 ms',
      '320 ms',
      '1.0 s',
      '12.3 s',
      '1 min 00 s',
      '3 min 05 s',
      '2 h 15 min',
      '3 d 04 h',
    ]);
  });

  it('says that there is no number where there is none', () => {
    expect(formatDuration(Number.NaN)).toBe('n/a');
  });
});

describe('formatPercent', () => {
  it('has one decimal', () => {
    expect([0, 0.5, 0.97, 1].map(formatPercent)).toEqual(['0.0%', '50.0%', '97.0%', '100.0%']);
  });

  it('never makes a share look complete or empty that is not', () => {
    expect([0.9996, 0.999_99, 0.0001].map(formatPercent)).toEqual(['99.96%', '>99.99%', '<0.1%']);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
        (share) => {
          return !['100.0%', '100.00%', '0.0%'].includes(formatPercent(share));
        },
      ),
    );
  });

  it('says that there is no number where there is none', () => {
    expect([null, undefined, Number.NaN].map(formatPercent)).toEqual(['n/a', 'n/a', 'n/a']);
  });
});

describe('formatMetric', () => {
  it('keeps four significant digits, and four decimals at most', () => {
    expect([0, 0.2468, 0.01234, 2.34567, 17.5449, 1234.6, 3e-7, 2.5e9].map(formatMetric)).toEqual([
      '0.0000',
      '0.2468',
      '0.0123',
      '2.346',
      '17.54',
      '1235',
      '3.00e-7',
      '2.50e+9',
    ]);
  });

  it('says that there is no number where a run diverged', () => {
    expect([Number.POSITIVE_INFINITY, null].map(formatMetric)).toEqual(['n/a', 'n/a']);
  });
});

describe('formatCount and formatPlural', () => {
  it('put commas between thousands', () => {
    expect([7, 999, 1000, 1_663_370].map(formatCount)).toEqual(['7', '999', '1,000', '1,663,370']);
  });

  it('add an s unless there is exactly one', () => {
    expect([0, 1, 2000].map((count) => formatPlural(count, 'round'))).toEqual([
      '0 rounds',
      '1 round',
      '2,000 rounds',
    ]);
  });
});
