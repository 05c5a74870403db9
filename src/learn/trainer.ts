/** The seam between a federation and whatever trains: any engine, or plain code, fits behind three methods. */
import type { Examples } from '../data/dataset.js';
import type { Layout } from '../params/layout.js';

/**
 * How gradients move parameters. What an optimiser remembers starts from zero in every round. Defaults are
 * PyTorch's; weight decay joins the gradient, but for `adamw`.
 */
export type LocalOptimizer =
  /** With `momentum`, heavy ball; with `nesterov` also, Nesterov's. */
  | { readonly type: 'sgd'; readonly nesterov?: boolean }
  /** `epsilon` (default 1e-10) is added to the root of the summed squares. */
  | { readonly type: 'adagrad'; readonly epsilon?: number }
  /** `decay` (0.99) of the mean square; `epsilon` (1e-8) is added to its root; may have `momentum`. */
  | { readonly type: 'rmsprop'; readonly decay?: number; readonly epsilon?: number }
  /** `beta1` (0.9) and `beta2` (0.999) are the decays of the two moments; `epsilon` 1e-8. */
  | {
      readonly type: 'adam' | 'adamw';
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
    };

/** What a client is asked to do with its examples in one round. */
export interface LocalWork {
  /** How long: passes over the examples, or a number of mini-batch steps. */
  readonly amount: { readonly epochs: number } | { readonly steps: number };
  /** Examples a step, or all of them in one. The last batch of an epoch may be smaller. */
  readonly batchSize: number | 'full';
  readonly learningRate: number;
  /** Heavy-ball momentum, 0 to below 1. Starts from rest in every round. */
  readonly momentum: number;
  /** L2 penalty: each step also shrinks every parameter by `learningRate * weightDecay`. */
  readonly weightDecay: number;
  /** Default: stochastic gradient descent. */
  readonly optimizer?: LocalOptimizer;
  /** Bound on the L2 norm of each step's gradient, over all parameters together; absent: none. */
  readonly gradientClippingNorm?: number;
  /**
   * Bound on the L2 norm of each example's gradient, over all parameters together, before the mean over the batch is
   * taken (Abadi et al. 2016, algorithm 1, without its noise); absent: none. Needs a model that keeps the examples
   * of a batch apart.
   */
  readonly exampleClippingNorm?: number;
  /**
   * Weight mu, at least 0, of a penalty on leaving the parameters that the round started from: mu / 2 times the
   * squared L2 distance to them joins the loss (FedProx, Li et al. 2020, equation 2); absent or 0: none. Its
   * gradient, like that of the weight decay, is added after any clipping.
   */
  readonly proximalTerm?: number;
  /**
   * In how many parts the gradient of a batch is computed, one after another, so that memory holds the values of one
   * part only; default 1. The result is that of the whole batch, to rounding.
   */
  readonly accumulateSteps?: number;
}

/** Arrays that a client's work may come with. */
export interface TrainExtras {
  /**
   * Added to the gradient of every step, after any clipping: `layout.size` elements, those of statistics are left
   * out. Control variates are this: c - c_i (SCAFFOLD, Karimireddy et al. 2020, algorithm 1).
   */
  readonly correction?: Float32Array;
}

/** What came of it. The trained parameters are in the array the caller handed in. */
export interface TrainResult {
  readonly exampleCount: number;
  readonly steps: number;
  /** Mean training loss over the steps, each before its update. */
  readonly loss: number;
}

/** Sums over examples, so that parts evaluated apart can be added exactly. */
export interface EvaluationSums {
  readonly exampleCount: number;
  readonly lossSum: number;
  /** Classification: `confusion[label * classes + prediction]` counts; empty for other tasks. */
  readonly confusion: readonly number[];
  /** Regression: sum of absolute errors; 0 for other tasks. */
  readonly absoluteErrorSum: number;
  /** Next token: `lossSum` is over these, `confusion` is empty. */
  readonly tokens?: TokenSums;
}

/** How often the next token was found. */
export interface TokenSums {
  /** Labels that count. */
  readonly count: number;
  /** Of these, how many were the likeliest token, and among the three likeliest. */
  readonly top1: number;
  readonly top3: number;
}

/**
 * Trains and evaluates one model. Calls on one trainer never overlap. All randomness comes from the seed
 * handed in, so that equal arguments give equal bytes.
 */
export interface Trainer {
  readonly layout: Layout;

  /** Writes the initial parameters that belong to `seed` into `out` (`layout.size` elements). */
  initialParams(seed: number, out: Float32Array): void | Promise<void>;

  /**
   * Trains from `params` and writes the result into `out`; `params` is not changed.
   *
   * @param seed decides the order of examples and dropout masks
   * @param extras arrays that enter the steps
   */
  train(
    params: Float32Array,
    examples: Examples,
    work: LocalWork,
    seed: number,
    out: Float32Array,
    extras?: TrainExtras,
  ): Promise<TrainResult>;

  /** Evaluates `params` on the examples, in their order. */
  evaluate(params: Float32Array, examples: Examples): Promise<EvaluationSums>;

  /** Frees what the trainer holds outside the heap. */
  dispose?(): Promise<void>;
}
