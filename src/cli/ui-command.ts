/** `tessera ui`: the dashboard over a folder of runs, to look at what has been run. */
import type { Command } from 'commander';
import { print } from './output.js';

export function addUiCommand(program: Command): void {
  program
    .command('ui')
    .description('look at the runs of a folder on the dashboard, on this machine')
    .option('--out <folder>', 'where runs are kept', 'runs')
    .option('--port <n>', 'the port of the dashboard [8642, or one that is free]')
    .allowExcessArguments(false)
    .action(async ({ out, port }: { readonly out: string; readonly port?: string }) => {
      const { openView, untilSignal } = await import('./view.js');
      const view = await openView(out, port);
      try {
        print(`Dashboard  ${view.link}`);
        print('It stays until Ctrl-C.');
        await untilSignal();
      } finally {
        await view.close();
      }
    });
}
