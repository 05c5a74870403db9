/** What a machine that runs Node tells of itself. */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg } from 'node:os';
import { join } from 'node:path';
import type { DeviceProbe } from '../eligibility.js';

/** Processes that wait for a core, or run on one, for each core: at most so many on a machine that is idle. */
const IDLE_LOAD = 0.5;

/** Where the probe looks; for tests. */
export interface NodeProbeOptions {
  readonly platform?: NodeJS.Platform;
  /** Linux's folder of batteries and plugs. */
  readonly powerSupplies?: string;
  /** The load over the last minute; cores. */
  readonly load?: () => number;
  readonly cores?: number;
}

/**
 * Charging on Linux, by its power supplies: a plug that gives power, a battery that charges or is full, or no battery at
 * all. Idle on Linux and macOS: a load over the last minute of at most half the cores. Free memory everywhere, within the
 * bounds of a container. What the network costs, and all else elsewhere, is not known.
 */
export function createNodeProbe({
  platform = process.platform,
  powerSupplies = '/sys/class/power_supply',
  load = () => loadavg()[0] ?? 0,
  cores = availableParallelism(),
}: NodeProbeOptions = {}): DeviceProbe {
  return {
    charging: async () => (platform === 'linux' ? isCharging(powerSupplies) : null),
    // Windows has no such figure: Node says 0 there.
    idle: async () => (platform === 'linux' || platform === 'darwin' ? load() <= IDLE_LOAD * cores : null),
    unmetered: async () => null,
    memoryBytes: async () => Math.min(freemem(), process.availableMemory?.() ?? Infinity),
  };
}

/** As the kernel's documents have it: Documentation/ABI/testing/sysfs-class-power. */
async function isCharging(folder: string): Promise<boolean | null> {
  const names = await readdir(folder).catch(() => null);
  if (!names) return null;
  const read = (name: string, property: string) =>
    readFile(join(folder, name, property), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const supplies = await Promise.all(
    names.map(async (name) => ({
      type: await read(name, 'type'),
      // A battery of a mouse says nothing of the machine.
      ofDevice: (await read(name, 'scope')) === 'Device',
      status: await read(name, 'status'),
      online: (await read(name, 'online')) === '1',
    })),
  );
  const batteries = supplies.filter(({ type, ofDevice }) => type === 'Battery' && !ofDevice);
  if (batteries.length === 0) return true;
  if (supplies.some(({ type, online }) => type !== 'Battery' && online)) return true;
  if (batteries.some(({ status }) => status === 'Charging' || status === 'Full')) return true;
  return batteries.some(({ status }) => status === 'Discharging' || status === 'Not charging') ? false : null;
}
