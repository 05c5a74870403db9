/** What a layer is: it writes its operators into a graph and declares its parameters. */
import { ConfigError } from '../../errors.js';
import type { Dim, GraphBuilder, Value } from '../graph.js';

/** How a parameter starts: all zeros or ones, uniform on [-limit, limit], or at given values, row-major. */
export type Initializer =
  | 'zeros'
  | 'ones'
  | { readonly uniformLimit: number }
  | { readonly values: Float32Array };

/** A value that steps carry on without a gradient, such as a running mean. */
export interface Statistic {
  /** As the step finds it. */
  readonly value: Value;
  /** Makes `next` what the step leaves; only while training. */
  moveTo(next: Value): void;
}

/** Where a layer writes. */
export interface LayerContext {
  readonly builder: GraphBuilder;
  /** Whether the graph trains; else it evaluates. */
  readonly training: boolean;
  /** A number for this layer among its kind, from 1, for parameter names. */
  nextOf(kind: string): number;
  parameter(name: string, shape: readonly number[], initializer: Initializer): Value;
  /** A statistic; it lies among the parameters, is reported and averaged with them, and no optimiser moves it. */
  statistic(name: string, shape: readonly number[], initializer: Initializer): Statistic;
  /**
   * A random mask of a shape: each element is 0 with probability `rate`, else 1 / (1 - rate). Null in the
   * graph that evaluates, where nothing is masked.
   */
  mask(shape: readonly Dim[], rate: number): Value | null;
}

/** From what the layer before made to what this one makes. Axis 0 is the batch. */
export type Layer = (input: Value, context: LayerContext) => Value;

/** Glorot and Bengio (2010), equation 16. */
export function glorotUniform(fanIn: number, fanOut: number): Initializer {
  return { uniformLimit: Math.sqrt(6 / (fanIn + fanOut)) };
}

/** @throws {ConfigError} for anything but a positive integer. */
export function checkSize(argument: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${argument} must be a positive integer, got ${value}`);
  }
}
