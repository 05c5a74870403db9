/** The whole road of a model from elsewhere: a file from PyTorch, a federated run, a file for any other tool. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseEngine } from '../../dist/engine/onnx-runtime.js';
import { exportModel, importModel } from '../../dist/learn/index.js';
import { decodeSafetensors } from '../../dist/params/index.js';
import { emptyFolder, eventsOf, linesOf, modelsOf, runCli } from '../helpers/cli.js';

const lenet = fileURLToPath(new URL('../vectors/onnx/lenet.onnx', import.meta.url));
const digits = [
  '--data',
  'digits',
  '--examples',
  '1500',
  '--clients',
  '3',
  '--partition',
  'iid',
  '--seed',
  '1',
];

describe('a model that PyTorch exported', () => {
  it('trains in a federation and comes back as a file that ONNX Runtime runs', async () => {
    const cwd = await emptyFolder();
    const flags = ['--rounds', '3', '--local-epochs', '5', '--name', 'lenet', '--threads', '2', '--json'];
    const { code, stdout, stderr } = await runCli(['simulate', '--model', lenet, ...digits, ...flags], {
      cwd,
    });
    expect([code, stderr]).toEqual([0, '']);
    const events = linesOf(stdout).map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'run-started', model: lenet, parameterCount: 61_706 });
    const losses = events.flatMap((event) => (event.type === 'round-finished' ? [event.metrics.loss] : []));
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(1);

    const run = join(cwd, 'runs', 'lenet');
    expect(await eventsOf(run)).toHaveLength(events.length);
    const name = Object.keys(await modelsOf(run)).at(-1)!;
    const { params } = decodeSafetensors(await readFile(join(run, 'models', name)));
    const model = await importModel(await readFile(lenet), { loss: 'softmax-cross-entropy' });
    const { engine } = await chooseEngine();
    const session = await engine.load(exportModel(model, params));
    const output = engine.tensor(new Float32Array(20), [2, 10]);
    await session.run({ features: engine.tensor(new Float32Array(2 * 784), [2, 1, 28, 28]) }, { output });
    await session.release();
    expect(output.data.every(Number.isFinite)).toBe(true);
    expect(new Set(output.data.subarray(0, 10)).size).toBe(10);
  });

  it('names its run by the file', async () => {
    const cwd = await emptyFolder();
    const { stdout } = await runCli(['simulate', '--model', lenet, ...digits, '--rounds', '0', '--json'], {
      cwd,
    });
    expect(JSON.parse(linesOf(stdout)[0]!).runId).toMatch(/^digits-lenet-\d/);
  });

  it('is refused in one sentence where it does not fit the data, or is no model', async () => {
    const cwd = await emptyFolder();
    const folder = fileURLToPath(new URL('../vectors/onnx/', import.meta.url));
    const refused = async (model: string) => {
      const { code, stderr } = await runCli(['simulate', '--model', model, ...digits], { cwd });
      return { code, stderr };
    };
    expect((await refused(join(folder, 'mlp.onnx'))).stderr).toContain(
      'model must take the 784 numbers of an example, got [1, 8, 8]',
    );
    const none = await refused('none.onnx');
    expect(none.stderr).toContain('model must be an ONNX file that can be read, got none.onnx');
    expect(none.code).toBe(2);
  });
});
