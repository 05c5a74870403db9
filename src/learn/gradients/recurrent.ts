/** Gradients of recurrences: composites, each with its rule beside its forward nodes. */
import { gruRule } from '../recurrent/gru-steps.js';
import { lstmRule } from '../recurrent/lstm-steps.js';
import type { GradientRule } from './rule.js';

export const recurrentRules = { GruSteps: gruRule, LstmSteps: lstmRule } satisfies Record<
  string,
  GradientRule
>;
