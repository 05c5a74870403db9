/** Few places for many clients, and a way out where those who have one wait for one who has none. */
import { describe, expect, it } from 'vitest';
import { createOwnPlace, createSharedPlaces } from './report-places.js';

const LONG_MS = 60_000;

describe('places for reports', () => {
  it('are a client’s own again and again', async () => {
    const places = createOwnPlace();
    const place = await places.take();
    places.give(place);
    expect(await places.take()).toBe(place);
    expect(places.keeps).toBe(true);
  });

  it('are as many as there may be, in the order of those who ask', async () => {
    const places = createSharedPlaces(2, LONG_MS);
    const [first, second] = [await places.take(), await places.take()];
    const order: string[] = [];
    const third = places.take().then((place) => [order.push('third'), place]);
    const fourth = places.take().then((place) => [order.push('fourth'), place]);
    expect(first).not.toBe(second);
    expect(order).toEqual([]);
    places.give(second);
    expect((await third)[1]).toBe(second);
    expect(order).toEqual(['third']);
    places.give(first);
    expect((await fourth)[1]).toBe(first);
  });

  it('become one more where none is given back for long', async () => {
    const places = createSharedPlaces(1, 10);
    const held = await places.take();
    const more = await places.take();
    expect(more).not.toBe(held);
  });

  it('are no more than before when all are given back', async () => {
    const places = createSharedPlaces(1, 10);
    const taken = [await places.take(), await places.take(), await places.take()];
    for (const place of taken) places.give(place);
    const again = await places.take();
    expect(taken).toContain(again);
    expect(taken).not.toContain(await places.take());
  });
});
