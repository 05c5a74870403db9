/** `tessera client tasks`: what a server asks of a client, approved or rejected by a person. */
import { type Command, Option } from 'commander';
import { type Approvals, openApprovals } from '../client/node/approvals.js';
import { clientPaths, DEFAULT_CLIENT_FOLDER } from '../client/node/client-folder.js';
import { describeTask, taskTable } from './client-tasks-view.js';
import { print, printJson, terminalOptions } from './output.js';
import { taskGraph } from './task-graph.js';

interface TasksFlags {
  readonly folder: string;
  readonly json?: boolean;
}

/** Adds the commands under `tessera client`. */
export function addClientTasksCommand(parent: Command): void {
  const tasks = parent.command('tasks').description('list, show, approve and reject what servers ask for');
  const command = (name: string, description: string) =>
    tasks
      .command(name)
      .description(description)
      .addOption(new Option('--folder <folder>', "the client's folder").default(DEFAULT_CLIENT_FOLDER))
      .addOption(new Option('--json', 'print JSON'))
      .allowExcessArguments(false);
  const ofTask = (name: string, description: string) =>
    command(name, description).argument('<task>', 'its hash, or the first 12 or more digits of it');

  command('list', 'all tasks, one a line').action(async ({ folder, json }: TasksFlags) => {
    const records = await approvalsIn(folder).list();
    if (json) return records.forEach(printJson);
    print(
      records.length === 0
        ? `No server has asked the client in ${folder} for anything that needs an approval.`
        : taskTable(records, terminalOptions()),
    );
  });

  ofTask('show', 'what it is for, what would run, and what would be sent').action(
    async (task: string, { folder, json }: TasksFlags) => {
      const record = await approvalsIn(folder).find(task);
      if (json) return printJson(record);
      print(describeTask(record, await taskGraph(record)));
    },
  );

  const decides = (name: string, description: string, decision: 'approved' | 'rejected') =>
    ofTask(name, description).action(async (task: string, { folder, json }: TasksFlags) => {
      const record = await approvalsIn(folder).decide(task, decision);
      if (json) return printJson(record);
      print(describeTask(record, await taskGraph(record)));
    });
  decides('approve', 'let the client take part; any change of the task asks again', 'approved');
  decides('reject', 'keep the client from taking part, or take an approval back', 'rejected');
}

function approvalsIn(folder: string): Approvals {
  return openApprovals(clientPaths(folder).tasks);
}
