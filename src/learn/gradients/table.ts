/** All gradient rules: one an operator; a new one goes into the file of its family. */
import { activationRules } from './activation.js';
import { arithmeticRules } from './arithmetic.js';
import { convolutionRules } from './convolution.js';
import { linearRules } from './linear.js';
import { movementRules } from './movement.js';
import { normalizationRules } from './normalization.js';
import { poolingRules } from './pooling.js';
import { recurrentRules } from './recurrent.js';
import { reductionRules } from './reduction.js';
import type { GradientRule } from './rule.js';

/** The gradient rule of each operator. */
export const gradientRules: Readonly<Record<string, GradientRule>> = {
  ...activationRules,
  ...arithmeticRules,
  ...convolutionRules,
  ...linearRules,
  ...movementRules,
  ...normalizationRules,
  ...poolingRules,
  ...recurrentRules,
  ...reductionRules,
};
