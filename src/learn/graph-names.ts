/** How the inputs and outputs of compiled graphs are called. */

/** The names by which step and evaluation graphs take and give values. */
export const names = {
  features: 'features',
  labels: 'labels',
  /** Scalar: what the gradient of the summed loss is multiplied with. */
  gradientScale: 'gradientScale',
  learningRate: 'learningRate',
  momentum: 'momentum',
  weightDecay: 'weightDecay',
  proximalTerm: 'proximalTerm',
  clippingNorm: 'clippingNorm',
  exampleClippingNorm: 'exampleClippingNorm',
  /** Scalar: the loss summed over all examples of the call. */
  lossSum: 'lossSum',
  /** Scalars: labels that count, and those that were the likeliest token, or among the three likeliest. */
  labelCount: 'labelCount',
  top1: 'top1',
  top3: 'top3',
  output: 'output',
  /** A parameter, or what the optimiser keeps, after the steps. */
  next: (name: string) => `next.${name}`,
  /** What is added to the gradient of a parameter in every step (in a plain update, to the parameter). */
  pull: (name: string) => `pull.${name}`,
  /** The gradient by a parameter, summed over the parts of a batch so far. */
  sum: (name: string) => `sum.${name}`,
} as const;
