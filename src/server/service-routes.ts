/** What whoever runs the server asks it: whether it lives, whether it takes work, and its figures. */
import { Refusal } from '../protocol/problem.js';
import type { Federation } from './federation.js';
import { jsonResponse, textResponse } from './http.js';
import type { ServerMetrics } from './metrics.js';
import type { OperatorGate } from './operator-gate.js';
import type { Route } from './routes.js';

/**
 * Who may read `/metrics`. Not whoever is on the same machine: behind a proxy there, that is everybody.
 */
export type MetricsPolicy = 'operators' | 'open' | 'off';

/** What the routes stand on. */
export interface ServiceContext {
  readonly federation: Federation;
  readonly gate: OperatorGate;
  readonly metrics: Pick<ServerMetrics, 'text' | 'contentType'>;
  readonly policy: MetricsPolicy;
  isClosing(): boolean;
}

export function serviceRoutes(context: ServiceContext): readonly Route[] {
  const { federation, gate, metrics, policy, isClosing } = context;
  const figures: Route = [
    'GET',
    '/metrics',
    async (request) => {
      if (policy === 'operators') await gate.admit(request, 'viewer');
      return textResponse(await metrics.text(), metrics.contentType);
    },
  ];
  return [
    ['GET', '/healthz', () => jsonResponse({ status: 'ok', protocol: federation.info().protocol })],
    [
      'GET',
      '/readyz',
      () => {
        if (isClosing()) throw new Refusal('unavailable', 'the server is going down');
        // Throws where the database fails: the router makes 503 of it.
        federation.access.check();
        return jsonResponse({ status: 'ready' });
      },
    ],
    ...(policy === 'off' ? [] : [figures]),
  ];
}
