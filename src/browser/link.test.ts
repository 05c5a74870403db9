/** Calls between two sides, as a page and its Worker make them. */
import { afterEach, describe, expect, it } from 'vitest';
import { RefusedError } from '../client/api.js';
import { ConfigError, TransportError } from '../errors.js';
import { createLink } from './link.js';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

interface Sums {
  add(one: number, other: number): number;
  fail(kind: string): Promise<never>;
  hang(): Promise<void>;
}

function pair(mine: object) {
  const channel = new MessageChannel();
  channels.push(channel);
  channel.port1.start();
  channel.port2.start();
  createLink<object>(channel.port2, mine);
  return createLink<Sums>(channel.port1, {});
}
const refusal = new RefusedError(403, { type: 'urn:tessera:revoked', detail: 'shut out' }, 2000);
const sums = {
  add: (one: number, other: number) => one + other,
  async fail(kind: string) {
    if (kind === 'config') throw new ConfigError('age must be positive, got -1');
    if (kind === 'refused') throw refusal;
    throw new RangeError('something else');
  },
  hang: () => new Promise<void>(() => {}),
};

describe('a call', () => {
  it('is answered, whatever else is on its way', async () => {
    const link = pair(sums);
    expect(await Promise.all([link.call('add', 1, 2), link.call('add', 3, 4)])).toEqual([3, 7]);
  });

  it('fails with the class, code and sentence of the other side', async () => {
    const link = pair(sums);
    const config = await link.call('fail', 'config').catch((error: unknown) => error);
    expect(config).toBeInstanceOf(ConfigError);
    expect(config).toMatchObject({ code: 'config', message: 'age must be positive, got -1' });
    const refused = await link.call('fail', 'refused').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({
      ...{ problem: 'revoked', status: 403, retryAfterMs: 2000, message: refusal.message },
    });
    const other = await link.call('fail', 'other').catch((error: unknown) => error);
    expect(other).toMatchObject({ code: 'internal', message: 'something else' });
  });

  it('of what is not there fails, also where every object has such a thing', async () => {
    const link = pair({});
    await expect(link.call('add', 1, 2)).rejects.toThrow(
      'a call must be of a function that is there, got add',
    );
    await expect(link.call('toString' as 'add', 1, 2)).rejects.toThrow('got toString');
  });

  it('fails when the other side is gone', async () => {
    const link = pair(sums);
    const waiting = link.call('hang');
    link.close();
    await expect(waiting).rejects.toThrow(TransportError);
    await expect(link.call('add', 1, 2)).rejects.toThrow(TransportError);
  });
});
