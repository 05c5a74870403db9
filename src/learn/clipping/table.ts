/** All rules for the gradient of every example: one an operator. */
import { broadcastRules } from './broadcast.js';
import { convolutionRules } from './convolution.js';
import { linearRules } from './linear.js';
import { recurrentExampleRules } from './recurrent.js';
import type { ExampleRule } from './rule.js';

/** The rule of each operator in which examples meet what they share. */
export const exampleRules: Readonly<Record<string, ExampleRule>> = {
  ...broadcastRules,
  ...convolutionRules,
  ...linearRules,
  ...recurrentExampleRules,
};
