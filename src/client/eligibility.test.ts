/** When a device takes part, and what it says where it does not. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import {
  type ClientState,
  checkEligibility,
  type DeviceProbe,
  type Eligibility,
  memoryOfTasksMs,
} from './eligibility.js';

const HOUR = 3_600_000;
const now = new Date(2026, 0, 15, 12, 30).getTime();
const state: ClientState = { exampleCount: 100, taskTimes: [], now };

/** A device that tells what a test says, and nothing of the rest. */
function device(tells: { [K in keyof DeviceProbe]?: Awaited<ReturnType<DeviceProbe[K]>> }): DeviceProbe {
  return {
    charging: async () => tells.charging ?? null,
    idle: async () => tells.idle ?? null,
    unmetered: async () => tells.unmetered ?? null,
    memoryBytes: async () => tells.memoryBytes ?? null,
  };
}

const check = (rules: Eligibility, probe = device({}), more: Partial<ClientState> = {}) =>
  checkEligibility(rules, probe, { ...state, ...more });
const no = (reason: string, retryAfterMs = 60_000) => ({ eligible: false, reason, retryAfterMs });
const yes = { eligible: true };

it('takes part where there are no rules, whatever the device tells', async () => {
  expect(await check({})).toEqual(yes);
});

describe("the person's switch", () => {
  it('decides before all else', async () => {
    expect(await check({ enabled: () => false, minExamples: 1e6 })).toEqual(no('it is switched off'));
    expect(await check({ enabled: () => true })).toEqual(yes);
  });
});

describe('conditions of the device', () => {
  it.each([
    ['charging', 'it is not charging'],
    ['idle', 'it is in use'],
    ['unmetered', 'its network is metered'],
  ] as const)('%s holds or does not', async (name, reason) => {
    expect(await check({ [name]: true }, device({ [name]: true }))).toEqual(yes);
    expect(await check({ [name]: true }, device({ [name]: false }))).toEqual(no(reason));
    expect(await check({ [name]: false }, device({ [name]: false }))).toEqual(yes);
  });

  it.each([
    ['charging', { charging: true }, 'whether it is charging'],
    ['idle', { idle: true }, 'whether it is idle'],
    ['unmetered', { unmetered: true }, 'whether its network is unmetered'],
    ['memory', { minMemoryBytes: 1 }, 'how much memory it has'],
  ])('%s that is not known does not hold, unless it is assumed', async (_, rules, what) => {
    const reason = `the device does not tell ${what}, which the rules ask for (assumeUnknown would let it pass)`;
    expect(await check(rules)).toEqual(no(reason));
    expect(await check({ ...rules, assumeUnknown: true })).toEqual(yes);
  });

  it('that are known not to hold are not assumed away', async () => {
    expect(await check({ charging: true, assumeUnknown: true }, device({ charging: false }))).toEqual(
      no('it is not charging'),
    );
    const little = device({ memoryBytes: 1e9 });
    expect(await check({ minMemoryBytes: 2e9, assumeUnknown: true }, little)).toEqual(
      no('2.0 GB of memory are asked for, here are 1.0 GB'),
    );
  });

  it('are not known where the probe fails', async () => {
    const broken = { ...device({}), charging: () => Promise.reject(new Error('no battery')) };
    expect(await check({ charging: true }, broken)).toMatchObject({ eligible: false });
    expect(await check({ charging: true, assumeUnknown: true }, broken)).toEqual(yes);
  });

  it('are not probed where no rule asks', async () => {
    const fail = () => Promise.reject(new Error('was asked'));
    const probe = { charging: fail, idle: fail, unmetered: fail, memoryBytes: fail };
    expect(await check({ minExamples: 1 }, probe)).toEqual(yes);
  });
});

it('needs as many examples as the rules say', async () => {
  expect(await check({ minExamples: 100 })).toEqual(yes);
  expect(await check({ minExamples: 101 })).toEqual(no('at least 101 examples are asked for, here are 100'));
});

describe('hours of the day', () => {
  it.each([
    [12, 13],
    [12.5, 13],
    [22, 13],
  ])('from %d to %d include half past twelve', async (from, to) => {
    expect(await check({ hours: { from, to } })).toEqual(yes);
  });

  it.each([
    [22.25, 6, 'it is outside the hours from 22:15 to 6:00', 9.75],
    [8, 12.5, 'it is outside the hours from 8:00 to 12:30', 19.5],
    [13, 14, 'it is outside the hours from 13:00 to 14:00', 0.5],
  ])('from %d to %d do not, and the wait ends when they begin', async (from, to, reason, hours) => {
    expect(await check({ hours: { from, to } })).toEqual(no(reason, hours * HOUR));
  });
});

describe('time between tasks', () => {
  const rules = { minIntervalMs: HOUR };

  it('runs from the last one', async () => {
    const taskTimes = [now - HOUR / 2, now - 5 * HOUR];
    expect(await check(rules, device({}), { taskTimes })).toEqual(
      no('tasks are at least 1 h 00 min apart', HOUR / 2),
    );
    expect(await check(rules, device({}), { taskTimes: [now - HOUR] })).toEqual(yes);
  });

  it('is waited for once only where the clock was set back', async () => {
    expect(await check(rules, device({}), { taskTimes: [now + 1000 * HOUR] })).toEqual(
      no('tasks are at least 1 h 00 min apart', HOUR),
    );
  });
});

describe('rounds in a window', () => {
  const rules = { maxRoundsPerWindow: { rounds: 2, windowMs: 24 * HOUR } };

  it('are counted, and the wait ends when the oldest that counts leaves it', async () => {
    const taskTimes = [now - HOUR, now - 30 * HOUR, now - 20 * HOUR, now - 22 * HOUR];
    expect(await check(rules, device({}), { taskTimes })).toEqual(
      no('it took part in 2 rounds within 1 d 00 h', 4 * HOUR),
    );
    expect(await check(rules, device({}), { taskTimes: [now - HOUR, now - 24 * HOUR] })).toEqual(yes);
  });

  it('say how long tasks must be remembered', () => {
    expect(memoryOfTasksMs({ ...rules, minIntervalMs: HOUR })).toBe(24 * HOUR);
    expect(memoryOfTasksMs({})).toBe(0);
  });
});

it.each<[Eligibility, string]>([
  [{ minExamples: -1 }, 'minExamples must be a finite number of at least 0, got -1'],
  [{ minIntervalMs: Number.NaN }, 'minIntervalMs must be a finite number of at least 0, got NaN'],
  [{ hours: { from: 0, to: 25 } }, 'hours.to must be from 0 to 24, got 25'],
  [
    { maxRoundsPerWindow: { rounds: 0.5, windowMs: 1 } },
    'maxRoundsPerWindow.rounds must be a positive integer, got 0.5',
  ],
  [
    { maxRoundsPerWindow: { rounds: 1, windowMs: 0 } },
    'maxRoundsPerWindow.windowMs must be a finite number of at least 1, got 0',
  ],
])('refuses rules that are none: %o', async (rules, message) => {
  await expect(check(rules)).rejects.toThrow(new ConfigError(message));
});
