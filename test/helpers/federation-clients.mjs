/** Clients in a process of their own, to be killed: each with its key in a folder, so that it comes back as itself. */
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { joinOn } from '../../dist/client/join.js';
import { createNodePlatform } from '../../dist/client/node/join.js';
import { joinMany } from '../../dist/client/virtual.js';

/** `module` exports `dataOf(client, settings)` and, where the clients train on their own, `trainerOf(client)`. */
const { url, folder, clients, module, settings } = JSON.parse(process.argv[2]);
const { dataOf, trainerOf } = await createJiti(import.meta.url).import(module);

const virtual = await Promise.all(
  clients.map(async (client) => ({
    platform: await createNodePlatform(url, {
      folder: join(folder, String(client)),
      engine: { threads: 1 },
    }),
    options: {
      data: await dataOf(client, settings),
      attributes: { client: String(client) },
      ...(trainerOf ? { trainer: trainerOf(client, settings) } : {}),
      onEvent: (event) => process.stdout.write(`${JSON.stringify({ client, ...event })}\n`),
    },
  })),
);
// Where each trains in its own way they share nothing.
if (trainerOf) await Promise.all(virtual.map(({ platform, options }) => joinOn(platform, options)));
else await joinMany(virtual);
