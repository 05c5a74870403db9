/** Unsound ONNX files: a sentence for each kind, and for thousands of mutated files nothing worse than one. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FileFields, onnxFile, textAttribute } from '../../test/helpers/onnx-file.js';
import { ConfigError, FederatedError, ShapeError } from '../errors.js';
import { type Random, seededRandom } from '../random.js';
import { decodeOnnx } from './onnx-decode.js';
import { readModel } from './read-model.js';
import { createWireWriter } from './wire.js';

/** Mutated files; FUZZ_RUNS=10000 for the long run. */
const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 300);
const MAX_BYTES = 512 * 2 ** 20;

const x = { name: 'x', shape: ['batch', 2] };
const y = { name: 'y' };
const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
const decode = (file: FileFields) =>
  decodeOnnx(onnxFile({ inputs: [x], outputs: [y], nodes: [relu], ...file }));

describe('an unsound file', () => {
  const origins = 'every value must have one origin, got two for';
  it.each<[string, FileFields, string, (typeof ConfigError | typeof ShapeError)?]>([
    [
      'of a format to come',
      { irVersion: 99 },
      'bytes must have a version 3 to 13 of the ONNX format, got 99',
    ],
    [
      'of an old opset',
      { opset: 12 },
      'bytes must have a version 13 to 23 of the standard operators, got 12',
    ],
    [
      'of an opset to come',
      { opset: 24 },
      'bytes must have a version 13 to 23 of the standard operators, got 24',
    ],
    [
      'with a cycle',
      {
        nodes: [
          { op: 'Add', inputs: ['x', 'z'], outputs: ['y'], name: 'sum' },
          { op: 'Neg', inputs: ['y'], outputs: ['z'] },
        ],
      },
      'nodes must not wait for one another in a circle, got node "sum" (Add) in or behind one',
    ],
    [
      'with a node that waits for itself',
      { nodes: [{ op: 'Neg', inputs: ['y'], outputs: ['y'] }] },
      'nodes must not wait for one another in a circle, got node "node 0" (Neg) in or behind one',
    ],
    [
      'with an input from nowhere',
      { nodes: [{ ...relu, inputs: ['z'] }] },
      'node "node 0" (Relu) must have inputs that something makes, got "z"',
    ],
    [
      'with an output from nowhere',
      { outputs: [{ name: 'z' }] },
      'output "z" must be made by the graph, it is not',
    ],
    ['that makes a value twice', { nodes: [relu, relu] }, `${origins} "y"`],
    ['that makes an input', { nodes: [{ ...relu, outputs: ['x'] }] }, `${origins} "x"`],
    ['that makes an initialiser', { tensors: [{ name: 'y', floats: [1] }] }, `${origins} "y"`],
    [
      'with two initialisers of a name',
      {
        tensors: [
          { name: 'w', floats: [1] },
          { name: 'w', floats: [1] },
        ],
      },
      `${origins} "w"`,
    ],
    ['with two inputs of a name', { inputs: [x, x] }, `${origins} "x"`],
    [
      'with an initialiser without a name',
      { tensors: [{ floats: [1] }] },
      'initialisers and constants must have names, got one without',
    ],
    [
      'with an operator of another domain',
      { nodes: [{ ...relu, domain: 'org.example', name: 'n' }] },
      'node "n" (Relu) must be of the standard ONNX operators, got domain "org.example"',
    ],
    [
      'with an operator of a vendor',
      { nodes: [{ ...relu, domain: 'com.microsoft' }] },
      'node "node 0" (Relu) must be of the standard ONNX operators, got domain "com.microsoft"',
    ],
    [
      'with a node without an operator',
      { nodes: [{ ...relu, op: '' }] },
      'node "node 0" () must have the name of an operator',
    ],
    [
      'with an operator that no file has',
      { nodes: [{ ...relu, op: 'constructor' }] },
      'node "node 0" (constructor) must have the name of an operator',
    ],
    [
      'with a graph in a node',
      { nodes: [{ ...relu, attributes: { body: (body) => body.integer(20, 5) } }] },
      'attribute "body" of node "node 0" (Relu) must be a number, a text, a list or a tensor, got a graph',
    ],
    [
      'with a Constant of texts',
      { nodes: [relu, { op: 'Constant', outputs: ['c'], attributes: { value_string: textAttribute('a') } }] },
      'node "node 1" (Constant) must hold numbers, got value_string',
    ],
    [
      'with halves',
      { tensors: [{ name: 'w', type: 10, dims: [1], raw: new Uint8Array(2) }] },
      'tensor "w" must hold float32, int32, int64 or bool, got float16',
    ],
    [
      'with an unknown type',
      { tensors: [{ name: 'w', type: 77 }] },
      'tensor "w" must hold float32, int32, int64 or bool, got type 77',
    ],
    [
      'with doubles that are no floats',
      { tensors: [{ name: 'w', type: 11, dims: [1], raw: new Uint8Array(Float64Array.of(0.1).buffer) }] },
      'tensor "w" must hold float32, got the float64 0.1: convert the model',
    ],
    [
      'with a segment',
      { tensors: [{ name: 'w', segment: true }] },
      'initialiser 0 must be whole, got a segment',
    ],
    [
      'with a sparse initialiser',
      { more: (graph) => graph.message(15, () => {}) },
      'initialisers must be dense, got a sparse one',
    ],
    [
      'with a negative size',
      { tensors: [{ name: 'w', dims: [-1] }] },
      'tensor "w" must have sizes of 0 or more that can be held, got [-1]',
      ShapeError,
    ],
    [
      'with sizes that overflow',
      { tensors: [{ name: 'w', dims: [2 ** 40, 2 ** 40] }] },
      'tensor "w" must have sizes of 0 or more that can be held, got [1099511627776, 1099511627776]',
      ShapeError,
    ],
    [
      'with more elements than data',
      { tensors: [{ name: 'w', dims: [2 ** 40], floats: [1] }] },
      'tensor "w" must have 1099511627776 elements for its sizes, got 1',
      ShapeError,
    ],
    [
      'with more data than elements',
      { tensors: [{ name: 'w', dims: [1], raw: new Uint8Array(8) }] },
      'tensor "w" must have 4 bytes for its sizes, got 8',
      ShapeError,
    ],
    [
      'with too many axes',
      { tensors: [{ name: 'w', dims: Array<number>(33).fill(1), floats: [1] }] },
      'tensor "w" must have at most 32 axes, got 33',
      ShapeError,
    ],
    [
      'with a value of negative size',
      { inputs: [{ name: 'x', shape: ['batch', -3] }] },
      'value "x" must have sizes of 0 or more, got -3',
    ],
  ])('%s is refused', (_, file, message, kind = ConfigError) => {
    expect(() => decode(file)).toThrow(new kind(message));
  });

  it('that is none at all is refused', () => {
    expect(() => decodeOnnx(new Uint8Array())).toThrow(
      new ConfigError('bytes must be an ONNX model, got a file without a graph'),
    );
    expect(() => decodeOnnx(new TextEncoder().encode('{"no": "model"}'))).toThrow(ConfigError);
  });

  it('with two graphs is refused', () => {
    const file = createWireWriter();
    file.message(7, () => {});
    file.message(7, () => {});
    expect(() => decodeOnnx(file.finish())).toThrow('got two graphs in the file');
  });

  it('cut at any byte is refused or reads as a shorter one, and nothing else happens', () => {
    const whole = onnxFile({
      inputs: [x],
      outputs: [y],
      nodes: [relu],
      tensors: [{ name: 'w', dims: [1], floats: [1] }],
    });
    for (let length = 0; length < whole.length; length++) {
      try {
        decodeOnnx(whole.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(FederatedError);
      }
    }
  });

  it('with a long chain of nodes in the wrong order is sorted in time', () => {
    const count = 20_000;
    const nodes = Array.from({ length: count }, (_, index) => ({
      op: 'Neg',
      inputs: [index === count - 1 ? 'x' : `v${index + 1}`],
      outputs: [index === 0 ? 'y' : `v${index}`],
    }));
    expect(decode({ nodes }).nodes[0]?.inputs).toEqual(['x']);
  });
});

describe('mutated files', () => {
  const names = [
    'logistic',
    'plain',
    'small-training',
    'small-fixed-batch',
    'mobile',
    'resnet',
    'transformer',
    'gru',
    'rnn',
    'lstm',
  ];
  const files = names.map((name) =>
    readFileSync(new URL(`../../test/vectors/onnx/${name}.onnx`, import.meta.url)),
  );

  it(`are refused with a sentence or import, ${FUZZ_RUNS} of them, in bounded memory`, () => {
    const random = seededRandom(1, 'mutations');
    let refused = 0;
    for (let run = 0; run < FUZZ_RUNS; run++) {
      const file = random.integer(files.length);
      const bytes = mutate(files[file]!, random);
      try {
        readModel(bytes, {
          loss: (outputs) => {
            if (names[file] === 'lstm') return 'next-token-cross-entropy';
            return outputs === 1 ? 'mean-squared-error' : 'softmax-cross-entropy';
          },
        });
      } catch (error) {
        refused++;
        if (!(error instanceof FederatedError)) throw error;
        expect(error.message.length).toBeGreaterThan(10);
      }
    }
    expect(refused).toBeGreaterThan(FUZZ_RUNS / 4);
    expect(process.memoryUsage().rss).toBeLessThan(MAX_BYTES);
  });
});

/** One to four changes of a kind that damages lengths, counts and names, mostly outside of the weights. */
function mutate(original: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let change = random.integer(4); change >= 0; change--) {
    const at = random.integer(Math.max(bytes.length, 1));
    const other = random.integer(Math.max(bytes.length, 1));
    const span = random.integer(20);
    const kind = random.integer(6);
    if (kind === 0) bytes[at] = random.integer(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
    else if (kind === 2) bytes = bytes.slice(0, at);
    else if (kind === 3) bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + span));
    else if (kind === 4) bytes.set(bytes.subarray(other, other + Math.min(span, bytes.length - at)), at);
    else bytes.fill([0, 127, 128, 255][random.integer(4)] as number, at, at + span);
  }
  return bytes;
}
