/** What is noted of every request: figures, a line of the log, a span. */
import type { ServerResponse } from './http.js';
import type { Log } from './log.js';
import type { ServerMetrics } from './metrics.js';
import type { Route, RouteHooks } from './routes.js';
import { traced } from './tracing.js';

/** How the figures call a route. */
export function routeName([method, template]: Route | readonly [Route[0], Route[1]]): string {
  return `${method} ${template}`;
}

/** The same route, with a span around each request. */
export function withSpan(route: Route): Route {
  const [method, template, handler] = route;
  const attributes = { 'http.request.method': method, 'http.route': template };
  return [
    method,
    template,
    (request, parameters) => traced(routeName(route), attributes, async () => handler(request, parameters)),
  ];
}

/** Notes each answer. */
export function noteAnswers(
  metrics: Pick<ServerMetrics, 'requestAnswered' | 'problem'>,
  log: Log,
): RouteHooks['onAnswer'] {
  return ({ request, method, template, response, problem, ms }) => {
    const { status } = response;
    const route = template === null ? undefined : routeName([method as Route[0], template]);
    // What a refused request says of its length nobody has checked.
    const bytesIn = status < 400 ? Number(request.headers['content-length'] ?? 0) : 0;
    const bytesOut = method === 'HEAD' ? 0 : lengthOf(response);
    metrics.requestAnswered({ route, status, durationMs: ms, bytesIn, bytesOut });
    if (problem) metrics.problem(problem.problem);
    log.debug('Request answered', {
      ...(route === undefined ? {} : { route }),
      ...{ status, durationMs: ms },
      ...(problem ? { problem: problem.problem } : {}),
    });
  };
}

function lengthOf({ body }: ServerResponse): number {
  return body instanceof Uint8Array ? body.length : 0;
}
