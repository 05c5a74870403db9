/** Spans for OpenTelemetry: nothing happens unless the user's process registers an SDK. */
import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import { FederatedError } from '../errors.js';

/**
 * Runs `work` inside of a span, within that of the caller where there is one. A span that fails has the code of its
 * error and not the words, which may be personal.
 *
 * @param name of the kind of work: few different ones, such as `fold update`
 * @param attributes nothing personal: run, round, sizes
 */
export function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  return trace.getTracer('tessera').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof FederatedError ? error.code : 'unknown';
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}
