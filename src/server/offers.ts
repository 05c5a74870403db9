/**
 * What there is to take part in: `GET /v1/offers`, which a page asks before a person has said yes.
 *
 * Threat: whoever reads this reads it without having shown anything. So without a signature it exists only where
 * everybody may enrol anyway (`open`), and tells of the population that everybody gets into: of each run what its task
 * would say, how far it is, the name of its newest model (with which the model can be fetched) and how good that is. A
 * stranger who enrols learns the same at the first check-in, but for the metrics, which tell of the server's held-out
 * data, or of clients', sums over all of it and nothing by class. How many clients there are, and who, is not told.
 * Elsewhere a client is told of its own population's runs alone. The rate of an address is limited as for enrolment.
 */
import type { Offer, OfferedMetrics, OffersResponse } from '../protocol/messages.js';
import { Refusal } from '../protocol/problem.js';
import type { Metrics } from '../round/run-events.js';
import { OPEN_POPULATION } from './access.js';
import type { Federation } from './federation.js';
import type { ServerRequest } from './http.js';
import type { ServedRun } from './served-run.js';

/**
 * The runs that the asker could take part in, in the order in which they were opened.
 *
 * @throws {Refusal} `not-signed` where enrolment is not open; of a request that is signed, as every signed one.
 */
export function offersFor(federation: Federation, request: ServerRequest): OffersResponse {
  const population = populationOf(federation, request);
  const offers = [...federation.runs.values()].flatMap((run) =>
    run.options.population === population ? offerOf(run) : [],
  );
  return { offers };
}

function populationOf({ context, clientOf, limitAddress }: Federation, request: ServerRequest): string {
  const { signature, 'signature-input': input } = request.headers;
  if (signature !== undefined || input !== undefined) return clientOf(request).population;
  limitAddress(request.remoteAddress);
  if (context.enrolment === 'open') return OPEN_POPULATION;
  throw new Refusal('not-signed', 'this server tells only clients that it knows what there is to do');
}

/** Nothing of a run that is over, or has no model yet. */
function offerOf({ status, host, definition, options }: ServedRun): Offer[] {
  const stands = status();
  const { model, modelRound: round } = host;
  if (!model || (stands !== 'running' && stands !== 'paused')) return [];
  const metrics = host.state.progress?.metrics;
  return [
    {
      ...{ definition, round, rounds: options.rounds, params: model, status: stands },
      metrics: metrics ? offeredMetrics(metrics) : null,
    },
  ];
}

/** Without the tables by class: they are long, and tell more. */
function offeredMetrics({ perClassAccuracy: _, confusionMatrix: __, ...metrics }: Metrics): OfferedMetrics {
  return metrics;
}
