/** The commands by which a person decides what a client does, and sees what it did. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { definition, task } from '../../test/helpers/task.js';
import { askApproval } from '../client/approval.js';
import { sha256Hex } from '../client/digest.js';
import { openApprovals } from '../client/node/approvals.js';
import { AuditLog } from '../client/node/audit-log.js';
import { clientPaths } from '../client/node/client-folder.js';
import { ConfigError, StoreError } from '../errors.js';
import { graphHash } from '../learn/graph-hash.js';
import { graphSummary } from '../learn/graph-summary.js';
import { createModel } from '../learn/model.js';
import { addClientAuditCommand } from './client-audit-command.js';
import { addClientTasksCommand } from './client-tasks-command.js';

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tessera-client-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** What the command prints. */
async function run(folder: string, ...words: string[]): Promise<string> {
  const written: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  );
  try {
    const client = new Command('client').exitOverride();
    addClientTasksCommand(client);
    addClientAuditCommand(client);
    await client.parseAsync([...words, '--folder', folder], { from: 'user' });
    return written.join('');
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
}

const newFolder = () => join(root, String(folders++));
const approver = (folder: string) =>
  openApprovals(clientPaths(folder).tasks, () => Date.UTC(2026, 0, 15)).approver('https://a');

describe('tessera client tasks', () => {
  const input = { featureShape: [28, 28], task: 'classification', classCount: 10 } as const;
  const asked = async (changes: object = {}) => {
    const folder = newFolder();
    const graph = graphSummary(createModel('2nn', input));
    const changed = { ...task, definition: { ...definition, ...changes } };
    const ask = () => askApproval({ approve: approver(folder) }, changed, graph);
    const { hash } = await ask();
    return { folder, ask, hash };
  };

  it('lists what was asked for', async () => {
    expect(await run('nowhere', 'tasks', 'list')).toBe(
      'No server has asked the client in nowhere for anything that needs an approval.\n',
    );
    const { folder, hash } = await asked();
    const [header, line] = (await run(folder, 'tasks', 'list')).split('\n');
    expect(header).toMatch(/^Task +Decision +Title +Model +Server +First asked$/);
    expect(line?.split(/ {2,}/)).toEqual([
      hash.slice(0, 12),
      'pending',
      'Digits',
      '2nn',
      'https://a',
      '2026-01-15 00:00 UTC',
    ]);
    expect(JSON.parse(await run(folder, 'tasks', 'list', '--json'))).toMatchObject({ hash, definition });
  });

  it('shows all that a person needs to decide', async () => {
    const { folder, hash } = await asked();
    expect(await run(folder, 'tasks', 'show', hash.slice(0, 12))).toBe(`\
Task        Digits (run digits-1)
Decision    pending
Asked by    https://a, first 2026-01-15 00:00 UTC
For         Reads handwritten digits.
Data        classification of examples of [28, 28], 10 labels
Model       2nn, 199,210 parameters
Graph       3 Gemm, 2 Relu; loss softmax-cross-entropy
Parameters  dense1.weight [784, 200], dense1.bias [200], dense2.weight [200, 200], dense2.bias [200], dense3.weight [200, 10], dense3.bias [10]
Code hash   ${definition.model.graphSha256}
Work        5 epochs in batches of 10 examples, learning rate 0.1 (when first asked; an approval does not bind it, pins do)
Sends       what training changed in the parameters
Privacy     combined with those of at least 8 clients in all; no differential privacy; no secure aggregation
Task hash   ${hash}
`);
    expect(JSON.parse(await run(folder, 'tasks', 'show', hash, '--json'))).toMatchObject({
      hash,
      definition,
    });
  });

  it('looks into a model of ours itself where the client has not, and says when it is not what the hash says', async () => {
    const model = { ...definition.model, graphSha256: await graphHash(createModel('2nn', input), sha256Hex) };
    const graphLine = async (changes: object) => {
      const folder = newFolder();
      const changed = { ...task, definition: { ...definition, ...changes } };
      const { hash } = await askApproval({ approve: approver(folder) }, changed);
      return (await run(folder, 'tasks', 'show', hash)).split('\n').find((line) => line.startsWith('Graph '));
    };
    expect(await graphLine({ model })).toBe('Graph       3 Gemm, 2 Relu; loss softmax-cross-entropy');
    const { graphSha256: wrong } = definition.model;
    expect(await graphLine({})).toBe(
      `Graph      WRONG: the task says that the graph of 2nn is ${wrong}, the graph here is ${model.graphSha256}`,
    );
    expect(await graphLine({ model: { ...model, name: 'theirs' } })).toBe(
      'Graph      not known: the model is none of ours',
    );
    expect(await graphLine({ model: { ...model, graph: { sha256: wrong, bytes: 5000 } } })).toBe(
      'Graph      not looked into: the client has not fetched the file',
    );
    expect(await graphLine({ model: { ...model, name: 'cnn' } })).toBe(
      'Graph      none: cnn must have examples of [channels, height, width] of at least 4 pixels, got [28, 28]',
    );
  });

  it('lets no description put lines of its own between ours', async () => {
    const description = 'x\nDecision    approved\u001b[1A';
    const { folder, hash } = await asked({ description });
    const shown = await run(folder, 'tasks', 'show', hash);
    expect(shown).toContain('For         x Decision    approved?[1A\n');
    expect(shown.split('\n')).toHaveLength(14);
  });

  it('decides for a client that runs, and takes it back', async () => {
    const { folder, ask, hash } = await asked();
    expect(await run(folder, 'tasks', 'approve', hash)).toContain('\nDecision    approved, 2');
    expect((await ask()).decision).toBe('approved');
    expect(await run(folder, 'tasks', 'reject', hash)).toContain('\nDecision    rejected, 2');
    expect((await ask()).decision).toBe('rejected');
  });

  it('says in a sentence which task is meant', async () => {
    const { folder } = await asked();
    await expect(run(folder, 'tasks', 'approve', 'digits-1')).rejects.toThrow(
      new ConfigError('task must be the first 12 or more digits of its hash, got "digits-1"'),
    );
  });
});

describe('tessera client audit', () => {
  const sha256 = 'ab'.repeat(32);
  const written = async () => {
    const folder = newFolder();
    mkdirSync(folder);
    const log = await AuditLog.open(clientPaths(folder).audit, () => Date.UTC(2026, 0, 15));
    const server = 'https://a';
    const body = { server, bytes: 120, sha256: 'cd'.repeat(32) };
    await log.append({ type: 'sending', kind: 'check-in', ...body, protection: { transport: 'tls' } });
    const protection = { transport: 'tls', ...definition.privacy } as const;
    const place = { server, runId: 'digits-1', round: 12, bytes: 796_840, sha256, exampleCount: 600 };
    await log.append({ type: 'sending', kind: 'update', ...place, protection });
    await log.append({ type: 'sending', kind: 'update', ...place, protection });
    await log.append({ type: 'receipt', sha256, outcome: 'accepted', detail: '' });
    await log.close();
    return { folder, path: clientPaths(folder).audit, lastHash: log.lastHash };
  };

  it('shows every attempt, and what came back', async () => {
    const { folder } = await written();
    const rows = (await run(folder, 'audit'))
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    const time = '2026-01-15 00:00:00 UTC';
    expect(rows).toEqual([
      ['Time', 'Sent', 'Run', 'Round', 'Bytes', 'Examples', 'Protection', 'Answer'],
      [time, 'check-in', '120 B', expect.stringMatching(/^protected/), 'none'],
      [time, 'update', 'digits-1', '12', '797 kB', '600', expect.stringMatching(/^protected/), 'none'],
      [time, 'update', 'digits-1', '12', '797 kB', '600', expect.stringMatching(/^protected/), 'accepted'],
    ]);
    const json = (await run(folder, 'audit', '--json')).trim().split('\n');
    expect(json.map((line) => JSON.parse(line).type)).toEqual(['sending', 'sending', 'sending', 'receipt']);
  });

  it('says that the log is whole, and by which hash to know it later', async () => {
    const { folder, lastHash } = await written();
    const said = await run(folder, 'audit', '--verify');
    expect(said).toContain(`4 lines, each as it was written. Hash of the last: ${lastHash}\n`);
    expect(JSON.parse(await run(folder, 'audit', '--verify', '--json'))).toMatchObject({
      intact: true,
      lastHash,
    });
    expect(await run(folder, 'audit', '--verify', '--known', lastHash)).toContain('4 lines');
  });

  it('fails at the first line that was changed', async () => {
    const { folder, path } = await written();
    writeFileSync(path, readFileSync(path, 'utf8').replace('796840', '100000'));
    const line = 'line 3: it does not fit line 2';
    await expect(run(folder, 'audit', '--verify')).rejects.toThrow(StoreError);
    await expect(run(folder, 'audit', '--verify')).rejects.toThrow(`${path} is broken at ${line}`);
  });

  it('fails where the end that was known is gone', async () => {
    const { folder } = await written();
    await expect(run(folder, 'audit', '--verify', '--known', sha256)).rejects.toThrow('the end is missing');
    await expect(run(folder, 'audit', '--verify', '--known', 'ab')).rejects.toThrow('64 hexadecimal digits');
  });

  it('says that there is no log', async () => {
    const path = clientPaths('nowhere').audit;
    await expect(run('nowhere', 'audit')).rejects.toThrow(`${path} could not be read: it does not exist`);
  });
});
