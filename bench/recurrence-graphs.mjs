/** The forward recurrence of an LSTM as three graphs: unrolled nodes, a loop (`Scan`), ONNX's own operator. */
import { int } from '../dist/learn/attributes.js';
import { reshape, transpose, unsqueeze } from '../dist/learn/gradients/nodes.js';
import { createGraphBuilder } from '../dist/learn/graph.js';
import { encodeOnnx } from '../dist/learn/onnx-encode.js';
import { lstmSteps } from '../dist/learn/recurrent/lstm-steps.js';
import { sequenceOf } from '../dist/learn/recurrent/sequence.js';
import { createWireWriter } from '../dist/learn/wire.js';
import { wireFields } from '../dist/learn/wire-reader.js';

/** All inputs of each graph, by name, with their shapes. */
export function inputShapes({ steps, batch, features, units, projection, coupled }) {
  const gates = (coupled ? 3 : 4) * units;
  const state = projection ?? units;
  return {
    x: [steps * batch, features],
    weight: [features, gates],
    bias: [gates],
    recurrent: [gates, state],
    ...(projection ? { projection: [state, units] } : {}),
    zeroState: [batch, state],
    zeroCell: [batch, units],
  };
}

/** Node by node, as the layers have it; with `saved`, all that the gradient needs leaves the graph too. */
export function unrolled(cell, saved) {
  const { builder, values } = start(cell);
  const gates = builder.node('Gemm', [values.x, values.weight, values.bias]);
  const { zeroState: initialState, zeroCell: initialCell, recurrent, projection } = values;
  const { states } = lstmSteps(builder, { ...cell, gates, recurrent, projection, initialState, initialCell });
  builder.output('states', states);
  const all = saved ? builder.added.at(-1).inner.saved : [];
  for (let at = 0; at < all.length; at += cell.steps) {
    builder.output(`saved${at / cell.steps}`, sequenceOf(builder, all.slice(at, at + cell.steps)));
  }
  return encodeOnnx(builder.build());
}

/** ONNX's operator gives states alone, and knows no projection. */
export function ownOperator({ steps, batch, features, units, ...rest }) {
  const { builder, values } = start({ steps, batch, features, units, ...rest });
  const noBias = builder.constant('float32', [4 * units], new Array(4 * units).fill(0));
  const inputs = [
    reshape(builder, values.x, [steps, batch, features]),
    unsqueeze(builder, transpose(builder, values.weight, [1, 0]), [0]),
    unsqueeze(builder, values.recurrent, [0]),
    unsqueeze(builder, builder.node('Concat', [values.bias, noBias], { axis: int(0) }), [0]),
  ];
  const type = { dtype: 'float32', shape: [steps, 1, batch, units] };
  const [states] = builder.nodes('LSTM', inputs, { hidden_size: int(units) }, [type]);
  builder.output('states', reshape(builder, states, [steps * batch, units]));
  return encodeOnnx(builder.build());
}

/** The nodes of one step in the body of a loop, which takes the weights from around it. */
export function scanned(cell, saved) {
  const { steps, batch, units, projection } = cell;
  const { bytes, kept } = bodyOf(cell, saved);
  const shapes = inputShapes(cell);
  const width = shapes.bias[0];
  const states = { name: 'states', shape: [steps, batch, projection ?? units] };
  const others = kept.map(({ shape }, kind) => ({ name: `saved${kind}`, shape: [steps, ...shape] }));
  const outputs = [states, ...others];
  const model = createWireWriter();
  model.integer(1, 8);
  model.message(7, (graph) => {
    writeNode(graph, 'Gemm', ['x', 'weight', 'bias'], ['gates']);
    writeNode(graph, 'Reshape', ['gates', 'sizes'], ['parts']);
    const made = ['lastState', 'lastCell', ...outputs.map(({ name }) => name)];
    writeNode(graph, 'Scan', ['zeroState', 'zeroCell', 'parts'], made, (node) => {
      node.message(5, (attribute) => {
        attribute.text(1, 'body');
        attribute.bytes(6, bytes);
        attribute.integer(20, 5);
      });
      node.message(5, (attribute) => {
        attribute.text(1, 'num_scan_inputs');
        attribute.integer(3, 1);
        attribute.integer(20, 2);
      });
    });
    graph.text(2, 'loop');
    graph.message(5, (sizes) => {
      sizes.integer(1, 3);
      sizes.integer(2, 7);
      for (const size of [steps, batch, width]) sizes.integer(7, size);
      sizes.text(8, 'sizes');
    });
    for (const [name, shape] of Object.entries(shapes)) writeValue(graph, 11, name, shape);
    for (const { name, shape } of outputs) writeValue(graph, 12, name, shape);
  });
  model.message(8, (opset) => opset.integer(2, 17));
  return { bytes: model.finish(), outputs };
}

function start(cell) {
  const builder = createGraphBuilder();
  const shapes = Object.entries(inputShapes(cell));
  const values = Object.fromEntries(
    shapes.map(([name, shape]) => [name, builder.input(name, 'float32', shape)]),
  );
  return { builder, values };
}

/** One step as a `GraphProto`, and what it keeps for the gradient. */
function bodyOf(cell, saved) {
  const builder = createGraphBuilder();
  const { zeroState, zeroCell, bias, recurrent, projection } = inputShapes(cell);
  const { states, lastState, lastCell } = lstmSteps(builder, {
    units: cell.units,
    coupled: cell.coupled ?? false,
    steps: 1,
    initialState: builder.input('state', 'float32', zeroState),
    initialCell: builder.input('cell', 'float32', zeroCell),
    gates: builder.input('part', 'float32', [cell.batch, bias[0]]),
    recurrent: builder.input('recurrent', 'float32', recurrent),
    projection: projection && builder.input('projection', 'float32', projection),
  });
  builder.output('state.next', lastState);
  builder.output('cell.next', lastCell);
  builder.output('state.each', builder.node('Identity', [states]));
  const kept = saved ? builder.added.find(({ inner }) => inner).inner.saved : [];
  // A value leaves a body once: what leaves it already does so a second time as a copy.
  kept.forEach((value, kind) => {
    builder.output(`saved${kind}.each`, builder.node('Identity', [value], {}, { ...value, name: undefined }));
  });
  const graph = builder.build();
  const model = encodeOnnx({ ...graph, inputs: graph.inputs.slice(0, 3) });
  const [body] = [...wireFields(model, 'body')].filter(({ number }) => number === 7);
  return { bytes: body.payload, kept };
}

function writeNode(graph, op, inputs, outputs, attributes = () => {}) {
  graph.message(1, (node) => {
    for (const name of inputs) node.text(1, name);
    for (const name of outputs) node.text(2, name);
    node.text(4, op);
    attributes(node);
  });
}

function writeValue(graph, field, name, shape) {
  graph.message(field, (value) => {
    value.text(1, name);
    value.message(2, (type) =>
      type.message(1, (tensor) => {
        tensor.integer(1, 1);
        tensor.message(2, (dims) => {
          for (const size of shape) dims.message(1, (dim) => dim.integer(1, size));
        });
      }),
    );
  });
}
