/** The operator table of the documentation names what there are rules for, and nothing else. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gradientRules } from '../../src/learn/gradients/table.js';

const page = readFileSync(new URL('../../docs/operators.md', import.meta.url), 'utf8');
const table = page.slice(page.indexOf('## The table'), page.indexOf('Shapes, but no gradients'));
const rows = table.split('\n').filter((line) => line.startsWith('| `'));
const named = rows.flatMap((row) =>
  [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, op]) => op),
);

/** Operators that are composed of others when a file is read. */
const REWRITTEN = ['GRU', 'Gelu', 'GroupNormalization', 'LSTM', 'Mish', 'RNN'];

/** What recurrences become, which is no operator of ONNX. */
const COMPOSITES = ['GruSteps', 'LstmSteps'];

describe('docs/operators.md', () => {
  it('has every operator with a gradient rule in its table, once', () => {
    const operators = Object.keys(gradientRules).filter((name) => !COMPOSITES.includes(name));
    expect(named.toSorted()).toEqual([...operators, ...REWRITTEN].toSorted());
  });
});
