/** Chooses which tensors of an ONNX file are trained, and the names they have as parameters. */
import { ConfigError } from '../errors.js';
import { names } from './graph-names.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-model.js';

/** A tensor of the file that is trained. */
export interface ImportedParameter {
  readonly fileName: string;
  /** The parameter's name: the file's, but for names that compiled graphs need. */
  readonly name: string;
  readonly tensor: Extract<OnnxTensor, { dtype: 'float32' }>;
}

/** Inputs that hold no weights although they may be floats: running statistics, bounds, scales of sizes. */
const NO_WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  Dropout: [1, 2],
  OneHot: [1, 2],
  Pad: [1, 2],
  Resize: [1, 2, 3],
};

/** The words by which compiled graphs take and give values, and what those values' names begin with. */
const reserved = new Set<string>(Object.values(names).filter((name) => typeof name === 'string'));
const RESERVED =
  /^((next|pull|sum|velocity|squareSum|firstMoment|secondMoment|mask\d+)\.|(first|second)Weight$)|#/;

/**
 * The parameters among the initialisers that `nodes` use, in the file's order.
 *
 * @throws {ConfigError} when there are none, or one that is marked trainable holds no float32.
 */
export function chooseParameters(
  { initializers }: OnnxModel,
  nodes: readonly OnnxNode[],
  trainable: ((name: string) => boolean) | undefined,
): ImportedParameter[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const sourceOf = aliasesOf(nodes);
  const weights = new Set(
    nodes
      .filter(({ op }) => op !== 'Identity')
      .flatMap(({ op, inputs }) =>
        inputs.filter((_, index) => !(Object.hasOwn(NO_WEIGHTS, op) && NO_WEIGHTS[op]?.includes(index))),
      )
      .map(sourceOf),
  );
  const parameters: ImportedParameter[] = [];
  const taken = new Set(initializers.keys());
  for (const [fileName, tensor] of initializers) {
    const asked = trainable?.(fileName);
    if (asked === true && tensor.dtype !== 'float32') {
      throw new ConfigError(`a trainable initialiser must be float32, got "${fileName}" of ${tensor.dtype}`);
    }
    if (asked === true && !used.has(fileName)) {
      throw new ConfigError(`the output must depend on trainable initialiser "${fileName}", it does not`);
    }
    const chosen = asked ?? (weights.has(fileName) && tensor.shape.length > 0);
    if (chosen && tensor.dtype === 'float32') {
      parameters.push({ fileName, name: freeName(fileName, taken), tensor });
    }
  }
  if (parameters.length === 0) {
    throw new ConfigError('the model must have a trainable float32 initialiser that its output depends on');
  }
  return parameters;
}

/** From the name of a value to that of which it is a mere copy: exporters write equal tensors once, and copies. */
export function aliasesOf(nodes: readonly OnnxNode[]): (name: string) => string {
  const sources = new Map<string, string>();
  for (const { op, inputs, outputs } of nodes) {
    const [input = '', output = ''] = [inputs[0], outputs[0]];
    if (op === 'Identity') sources.set(output, sources.get(input) ?? input);
  }
  return (name) => sources.get(name) ?? name;
}

/** The file's name, or one by it that neither compiled graphs nor the file have. */
export function freeName(name: string, taken: Set<string>): string {
  if (!reserved.has(name) && !RESERVED.test(name)) return name;
  let free = `file.${name.replaceAll('#', '_')}`;
  while (taken.has(free)) free = `file.${free}`;
  taken.add(free);
  return free;
}
