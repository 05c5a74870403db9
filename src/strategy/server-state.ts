/** What a strategy keeps between rounds beside the model: made, saved with the model of a round, taken up again. */
import { createLayout, type Layout, type Params } from '../params/layout.js';
import { readParams } from '../params/safetensors.js';
import type { ServerState, Strategy } from './strategy.js';

/** Zeros for each name of the strategy's `serverState`, as before the first round. */
export function createServerState({ serverState }: Strategy, { size }: Layout): ServerState {
  return Object.fromEntries(serverState.map((name) => [name, new Float32Array(size)]));
}

/** A copy of all, as it is saved: `momentum/dense1.weight`; undefined where there is nothing. */
export function paramsOfServerState(state: ServerState, model: Layout): Params | undefined {
  const kept = Object.values(state);
  if (kept.length === 0) return undefined;
  const layout = savedLayout(state, model);
  const values = new Float32Array(layout.size);
  kept.forEach((own, index) => void values.set(own, index * model.size));
  return { layout, values };
}

/**
 * Takes up what was saved.
 *
 * @param bytes a safetensors file of `paramsOfServerState`
 * @throws {ProtocolError} or {ShapeError} when it is of another strategy or model.
 */
export function restoreServerState(state: ServerState, model: Layout, bytes: Uint8Array): void {
  const { values } = readParams(bytes, savedLayout(state, model), 'the saved state of the strategy');
  Object.values(state).forEach((own, index) => {
    own.set(values.subarray(index * model.size, (index + 1) * model.size));
  });
}

/** The model's parameters once for each name, one after another. */
function savedLayout(state: ServerState, { entries }: Layout): Layout {
  const specs = Object.keys(state).flatMap((name) =>
    entries.map((entry) => ({ name: `${name}/${entry.name}`, shape: entry.shape })),
  );
  return createLayout(specs);
}
