/** A run with two honest clients and one that attacks: rounds in which only what the honest ones sent may count. */
import { expect } from 'vitest';
import type { Task } from '../../src/protocol/messages.js';
import type { ServedRun } from '../../src/server/served-run.js';
import { startFederation, type TestFederation } from './federation.js';
import { handIn, modelOf, type RawClient, rawClient, report, updateOf } from './raw-clients.js';
import type { RawAnswer } from './raw-http.js';

/** One round, from the attacker's side. */
interface AttackedRound {
  readonly task: Task;
  /** What the honest clients hand in. */
  readonly honest: Uint8Array;
  /** An update of 666 everywhere: it must never count. */
  readonly evil: Uint8Array;
  /** Hands in an update in the attacker's own name. */
  report(body: Uint8Array): Promise<RawAnswer | null>;
}

export interface AttackedRun {
  readonly federation: TestFederation;
  readonly run: ServedRun;
  readonly url: string;
  readonly mallory: RawClient;
  readonly alice: RawClient;
  /** Plays a round: first the attack, then the reports of the honest clients; checks that nothing else has counted. */
  round(attack: (round: AttackedRound) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts it. Each honest update of round r is r / 8 everywhere, and so must be the model after it. */
export async function startAttackedRun(settings: object = {}): Promise<AttackedRun> {
  const federation = await startFederation();
  const { url, server, events } = federation;
  const [mallory, alice, bob] = [await rawClient(url), await rawClient(url), await rawClient(url)];
  const run = await server.startRun({
    ...{ name: 'attacked', model: 'mlp', rounds: 10_000, seed: 1, cohort: 3, overSelection: 1 },
    ...{ minimumClients: 2, selectionMs: 2_000, deadlineMs: 600_000, evaluation: 'none' },
    ...{ task: 'classification', featureShape: [28, 28], classCount: 10 },
    ...settings,
  });
  return {
    ...{ federation, run, url, mallory, alice },
    async round(attack) {
      const [task] = await Promise.all([mallory.task(), alice.task(), bob.task()]);
      const { layout } = await modelOf(url, task);
      const honest = updateOf(layout, task.round / 8);
      await attack({
        ...{ task, honest },
        evil: updateOf(layout, 666),
        report: (body) => mallory.send(report(mallory, task, body)),
      });
      for (const client of [alice, bob]) {
        expect((await handIn(client, task, honest)).outcome).toMatch(/^(accepted|duplicate)$/);
      }
      // Where the round still waits for the attacker, it says that it gives up.
      await mallory.send({
        target: `/v1/runs/${task.runId}/rounds/${task.round}/failures/${mallory.clientId}`,
        json: { reason: 'enough' },
      });
      const next = await alice.task();
      expect(next.round).toBe(task.round + 1);
      const { values } = await modelOf(url, next);
      expect(values.every((value) => value === task.round / 8)).toBe(true);
      const trained = events.filter((event) => event.type === 'client-trained' && event.round === task.round);
      expect(trained).toMatchObject([{ clientId: 1 }, { clientId: 2 }]);
      expect(federation.failures).toEqual([]);
    },
    close: () => federation.close(),
  };
}
