/** Machines with and without batteries, as Linux describes them in files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeProbe } from './node-probe.js';

type Supplies = Record<string, Record<string, string>>;

let folder: string;
let machines = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-probe-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function machineWith(supplies: Supplies) {
  const root = join(folder, String(machines++));
  mkdirSync(root);
  for (const [name, properties] of Object.entries(supplies)) {
    mkdirSync(join(root, name));
    for (const [property, text] of Object.entries(properties))
      writeFileSync(join(root, name, property), `${text}\n`);
  }
  return createNodeProbe({ platform: 'linux', powerSupplies: root });
}

const plug = (online: string) => ({ type: 'Mains', online });
const battery = (status: string) => ({ type: 'Battery', status });

describe('charging', () => {
  it.each<[string, Supplies, boolean | null]>([
    ['a machine without a battery', {}, true],
    ['a machine whose mouse has one', { mouse: { ...battery('Discharging'), scope: 'Device' } }, true],
    ['a laptop on its plug', { AC: plug('1'), BAT0: battery('Not charging') }, true],
    ['a laptop off its plug', { AC: plug('0'), BAT0: battery('Discharging') }, false],
    [
      'a laptop on a plug of USB',
      { AC: plug('0'), ucsi: { type: 'USB', online: '1' }, BAT0: battery('Unknown') },
      true,
    ],
    ['a battery that charges', { BAT0: battery('Charging') }, true],
    ['a battery that is full', { BAT0: battery('Full') }, true],
    ['a battery that keeps silent', { BAT0: { type: 'Battery' } }, null],
  ])('of %s', async (_, supplies, charging) => {
    expect(await machineWith(supplies).charging()).toBe(charging);
  });

  it('is not known where there are no such files', async () => {
    expect(
      await createNodeProbe({ platform: 'linux', powerSupplies: join(folder, 'none') }).charging(),
    ).toBeNull();
    expect(await createNodeProbe({ platform: 'win32', powerSupplies: folder }).charging()).toBeNull();
  });
});

it.each([
  ['linux', 2, true],
  ['darwin', 2.1, false],
  ['win32', 0, null],
] as const)('on %s a load of %d on four cores is idle: %s', async (platform, load, idle) => {
  expect(await createNodeProbe({ platform, load: () => load, cores: 4 }).idle()).toBe(idle);
});

it('knows the memory of this machine, and not what its network costs', async () => {
  const probe = createNodeProbe();
  expect(await probe.memoryBytes()).toBeGreaterThan(1e6);
  expect(await probe.unmetered()).toBeNull();
});
