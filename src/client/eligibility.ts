/** Whether a device takes part now: decided on the device, by rules that its owner sets. */
import { ConfigError } from '../errors.js';
import { formatBytes, formatDuration, formatPlural } from '../format.js';

/** The owner's rules; what is absent is not asked for. */
export interface Eligibility {
  /** The person's switch, asked before every round. */
  readonly enabled?: () => boolean;
  /** Only between these hours of the local day (0 to 24, fractions allowed); `from` may be later than `to`. */
  readonly hours?: { readonly from: number; readonly to: number };
  readonly charging?: boolean;
  /** Nobody uses the device. */
  readonly idle?: boolean;
  /** The network does not charge by volume. */
  readonly unmetered?: boolean;
  readonly minMemoryBytes?: number;
  readonly minExamples?: number;
  /** Between two tasks. */
  readonly minIntervalMs?: number;
  /** At most so many rounds in any window of that length. */
  readonly maxRoundsPerWindow?: { readonly rounds: number; readonly windowMs: number };
  /** Whether a condition that the device does not tell counts as met; default false: it does not. */
  readonly assumeUnknown?: boolean;
}

/** What a device tells of itself; null: it does not tell. */
export interface DeviceProbe {
  charging(): Promise<boolean | null>;
  idle(): Promise<boolean | null>;
  unmetered(): Promise<boolean | null>;
  memoryBytes(): Promise<number | null>;
}

/** What the client itself knows. */
export interface ClientState {
  readonly exampleCount: number;
  /** When tasks were taken on before, as far back as the rules look: milliseconds since 1970, in any order. */
  readonly taskTimes: readonly number[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type EligibilityVerdict =
  | { readonly eligible: true }
  | {
      readonly eligible: false;
      /** Words that go on after "Takes no part now:". */
      readonly reason: string;
      /** When it is worth while to look again. */
      readonly retryAfterMs: number;
    };

/** How soon to look again at what may change at any time: the switch, the plug, the network. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Whether the rules hold now. What costs least is asked first, and the probe only for what a rule asks.
 *
 * @throws {ConfigError} when a rule is no such rule.
 */
export async function checkEligibility(
  rules: Eligibility,
  probe: DeviceProbe,
  state: ClientState,
): Promise<EligibilityVerdict> {
  checkRules(rules);
  return (
    switchedOff(rules) ??
    tooFew(rules, state) ??
    outsideHours(rules, state) ??
    tooSoon(rules, state) ??
    tooOften(rules, state) ??
    (await unmetCondition(rules, probe)) ??
    (await tooLittleMemory(rules, probe)) ?? { eligible: true }
  );
}

/** How far back `taskTimes` must reach for these rules, in milliseconds. */
export function memoryOfTasksMs({ minIntervalMs = 0, maxRoundsPerWindow }: Eligibility): number {
  return Math.max(minIntervalMs, maxRoundsPerWindow?.windowMs ?? 0);
}

function no(reason: string, retryAfterMs = LOOK_AGAIN_MS): EligibilityVerdict {
  return { eligible: false, reason, retryAfterMs: Math.ceil(retryAfterMs) };
}

function switchedOff({ enabled }: Eligibility): EligibilityVerdict | undefined {
  return enabled?.() === false ? no('it is switched off') : undefined;
}

function tooFew({ minExamples = 0 }: Eligibility, { exampleCount }: ClientState) {
  if (exampleCount >= minExamples) return undefined;
  return no(`at least ${formatPlural(minExamples, 'example')} are asked for, here are ${exampleCount}`);
}

function outsideHours({ hours }: Eligibility, { now }: ClientState): EligibilityVerdict | undefined {
  if (!hours) return undefined;
  const time = new Date(now);
  const hour = time.getHours() + time.getMinutes() / 60 + time.getSeconds() / 3600;
  const { from, to } = hours;
  const inside = from < to ? hour >= from && hour < to : hour >= from || hour < to;
  if (inside) return undefined;
  const waitHours = (from - hour + 24) % 24;
  return no(
    `it is outside the hours from ${clock(from)} to ${clock(to)}`,
    Math.max(waitHours * 3_600_000, 1),
  );
}

function tooSoon({ minIntervalMs = 0 }: Eligibility, { taskTimes, now }: ClientState) {
  const last = past(taskTimes, now).at(-1);
  const wait = last === undefined ? 0 : last + minIntervalMs - now;
  if (wait <= 0) return undefined;
  return no(`tasks are at least ${formatDuration(minIntervalMs)} apart`, wait);
}

function tooOften({ maxRoundsPerWindow }: Eligibility, { taskTimes, now }: ClientState) {
  if (!maxRoundsPerWindow) return undefined;
  const { rounds, windowMs } = maxRoundsPerWindow;
  const inWindow = past(taskTimes, now).filter((time) => time > now - windowMs);
  if (inWindow.length < rounds) return undefined;
  const freed = inWindow.at(-rounds) ?? now;
  return no(
    `it took part in ${formatPlural(rounds, 'round')} within ${formatDuration(windowMs)}`,
    freed + windowMs - now,
  );
}

/** In order. A clock that was set back must not lock the client out: what lies ahead counts as now. */
function past(times: readonly number[], now: number): number[] {
  return times.map((time) => Math.min(time, now)).toSorted((a, b) => a - b);
}

const CONDITIONS = [
  ['charging', 'whether it is charging', 'it is not charging'],
  ['idle', 'whether it is idle', 'it is in use'],
  ['unmetered', 'whether its network is unmetered', 'its network is metered'],
] as const;

async function unmetCondition(
  rules: Eligibility,
  probe: DeviceProbe,
): Promise<EligibilityVerdict | undefined> {
  for (const [name, words, unmet] of CONDITIONS) {
    if (rules[name] !== true) continue;
    const holds = await probe[name]().catch(() => null);
    if (holds === false) return no(unmet);
    if (holds === null && rules.assumeUnknown !== true) return no(unknown(words));
  }
  return undefined;
}

async function tooLittleMemory(
  rules: Eligibility,
  probe: DeviceProbe,
): Promise<EligibilityVerdict | undefined> {
  const { minMemoryBytes = 0, assumeUnknown = false } = rules;
  if (minMemoryBytes === 0) return undefined;
  const bytes = await probe.memoryBytes().catch(() => null);
  if (bytes === null) return assumeUnknown ? undefined : no(unknown('how much memory it has'));
  if (bytes >= minMemoryBytes) return undefined;
  return no(`${formatBytes(minMemoryBytes)} of memory are asked for, here are ${formatBytes(bytes)}`);
}

function unknown(what: string): string {
  return `the device does not tell ${what}, which the rules ask for (assumeUnknown would let it pass)`;
}

function clock(hour: number): string {
  const minutes = Math.round(hour * 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** @throws {ConfigError} naming the first rule that is out of its range. */
export function checkRules({ hours, maxRoundsPerWindow, ...rules }: Eligibility): void {
  for (const name of ['minMemoryBytes', 'minExamples', 'minIntervalMs'] as const) {
    checkNumber(name, rules[name] ?? 0, 0, Infinity);
  }
  if (hours) {
    checkNumber('hours.from', hours.from, 0, 24);
    checkNumber('hours.to', hours.to, 0, 24);
  }
  if (!maxRoundsPerWindow) return;
  const { rounds, windowMs } = maxRoundsPerWindow;
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new ConfigError(`maxRoundsPerWindow.rounds must be a positive integer, got ${rounds}`);
  }
  checkNumber('maxRoundsPerWindow.windowMs', windowMs, 1, Infinity);
}

function checkNumber(argument: string, value: number, least: number, most: number): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `a finite number of at least ${least}` : `from ${least} to ${most}`;
  throw new ConfigError(`${argument} must be ${range}, got ${value}`);
}
