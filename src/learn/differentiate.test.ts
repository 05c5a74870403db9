/** What cannot be differentiated is refused; what can is checked in gradients/gradients.test.ts. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { differentiate } from './differentiate.js';
import { createGraphBuilder, type Value } from './graph.js';

function gradientsThrough(op: string) {
  const builder = createGraphBuilder();
  const [x, w] = [builder.input('x', 'float32', [3]), builder.input('w', 'float32', [3])];
  const unused = builder.input('unused', 'float32', [3]);
  const seed = builder.input('seed', 'float32', [3]);
  const output = builder.node(op, [x, w]);
  const by = (...targets: Value[]) => differentiate(builder, [...builder.added], output, seed, targets);
  return { builder, by, w, unused };
}

describe('differentiate', () => {
  it('refuses an operator without a rule', () => {
    const { builder, by, w } = gradientsThrough('Mod');
    const made = builder.added[0]?.outputs[0];
    expect(() => by(w)).toThrow(
      new ConfigError(
        `every operator between a parameter and the loss must have a gradient rule, got Mod (the node that makes "${made}"): freeze the parameters below it, or add a rule (docs/operators.md)`,
      ),
    );
  });

  it('needs no rule for an operator that only reads shapes', () => {
    const { builder, by, w } = gradientsThrough('Mul');
    builder.node('Shape', [w]);
    expect(() => by(w)).not.toThrow();
  });

  it('refuses a parameter that the loss does not depend on', () => {
    const { by, w, unused } = gradientsThrough('Mul');
    expect(() => by(w, unused)).toThrow(new ConfigError('the loss must depend on "unused", it does not'));
  });

  it('adds no nodes for gradients that nobody asked for', () => {
    const { builder, by, w } = gradientsThrough('Mul');
    by(w);
    expect(builder.added.map(({ op }) => op)).toEqual(['Mul', 'Mul']);
  });
});
