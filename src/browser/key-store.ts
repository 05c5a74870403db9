/**
 * The client's key in IndexedDB. It is made not to be read by scripts, so that one that gets into the page once can use it
 * there but cannot carry it away; where WebCrypto has no Ed25519 it is bytes (see `web-crypto-signer.ts`). Two tabs never
 * make two keys for one storage: the key is only touched by who has the turn of the storage (`turn.ts`).
 */
import { generateKey, type StoredKey } from '../client/web-crypto-signer.js';
import type { ParticipantDatabase } from './database.js';

/** The key, or undefined where there is none yet. */
export async function readKey(database: ParticipantDatabase): Promise<StoredKey | undefined> {
  return database.get('identity', 'key');
}

/** The key, made and kept where there is none yet. */
export async function openKey(database: ParticipantDatabase): Promise<StoredKey> {
  const kept = await readKey(database);
  if (kept) return kept;
  const key = await generateKey();
  await database.add('identity', key, 'key');
  return key;
}
