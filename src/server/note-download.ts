/**
 * Who is fetching a model: for operators who look on, and for nothing else.
 *
 * Threat: models are fetched without a signature, so one that is there may be anything. It changes nothing of the answer,
 * and is looked at only where it would be news: cheap checks first, a signature is verified only for a client that is
 * awaited in the round whose model it asks for, and counts like any request of that client.
 */
import { parseSignature } from '../protocol/parse-signature.js';
import type { Federation } from './federation.js';
import type { ServerRequest } from './http.js';

/** Notes the download where it is known whose it is. Never throws. */
export function noteDownload(federation: Federation, sha256: string, request: ServerRequest): void {
  if (request.headers.signature === undefined) return;
  const hosts = [...federation.runs.values()].map(({ host }) => host);
  const watched = hosts.filter(({ model, activity }) => model?.sha256 === sha256 && activity.isWatched());
  if (watched.length === 0) return;
  try {
    const record = federation.access.clients.find(parseSignature(request).keyId);
    // Runs that begin with the same model have the same hash: it is the run that the client works for.
    const runId = record && federation.availability.busyWith(record.index);
    const host = runId === undefined ? undefined : federation.hostOf(runId);
    if (!record || !host || !watched.includes(host) || !host.activity.mayDownload(record.index)) return;
    federation.clientOf(request);
    request.onClose(host.activity.downloading(record.index));
  } catch {
    // Not signed as it should be, or one too many: the model is for everybody all the same.
  }
}
