/**
 * Which operator's request is this? The gate before everything that operators see and do.
 *
 * Threats: tokens are guessed (the rate of an address is limited before a token is looked at; a network counts as one),
 * a viewer acts, a token ends up in an address that is logged (only the `Authorization` field is read), somebody
 * fills the audit log with wrong tokens (it bounds refusals), a page of another origin uses what a browser keeps
 * (nothing is kept: there are no cookies).
 */
import { TransportError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import type { Actor, AuditLog } from './audit-log.js';
import type { ServerRequest } from './http.js';
import type { Oidc } from './oidc.js';
import type { Identity, Operators, Role } from './operators.js';
import { createRateLimit, networkOf } from './rate-limit.js';

/** Requests of one network at once, and a second in the long run. */
const OPERATOR_RATE = { burst: 200, perSecond: 20 };

const BEARER = /^Bearer ([\w.~+/=-]{1,16384})$/i;

/** Lets operators in, and nobody else. */
export interface OperatorGate {
  /**
   * Who asks.
   *
   * @param role `operator` for whatever changes something
   * @throws {Refusal} 'too-many-requests', 'not-signed-in', 'forbidden', or 'unavailable' where the identity provider
   *   cannot be asked.
   */
  admit(request: ServerRequest, role: Role): Promise<Identity>;
}

/** What the gate asks. */
export interface OperatorGateContext {
  readonly operators: Operators;
  readonly audit: AuditLog;
  /** Absent: only tokens of this server hold. */
  readonly oidc?: Oidc | undefined;
  /** Milliseconds of any origin. */
  now(): number;
}

/** A gate with a memory of its own. */
export function createOperatorGate({ operators, audit, oidc, now }: OperatorGateContext): OperatorGate {
  const rate = createRateLimit(OPERATOR_RATE);

  const identityOf = async (token: string): Promise<Identity | undefined> => {
    const known = operators.signIn(token);
    if (known || !oidc) return known;
    return oidc.signIn(token).catch((cause: unknown) => {
      if (!(cause instanceof TransportError)) throw cause;
      throw new Refusal('unavailable', 'the identity provider cannot be asked now', { cause });
    });
  };
  const refuse = async (actor: Actor, subject: string, refusal: Refusal): Promise<never> => {
    await audit.recordRefusal({ actor, action: 'operator-refused', subject, detail: refusal.problem });
    throw refusal;
  };
  return {
    async admit(request, role) {
      rate.take(networkOf(request.remoteAddress), now());
      const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) throw notSignedIn("the request must have an operator's token, got none");
      const identity = await identityOf(token);
      if (!identity) return refuse('server', '', notSignedIn('the token is not one that holds here'));
      if (role === 'operator' && identity.role !== 'operator') {
        const refusal = new Refusal('forbidden', 'a viewer looks and changes nothing');
        return refuse(operatorActor(identity), '', refusal);
      }
      return identity;
    },
  };
}

/** How the audit log calls an operator. */
export function operatorActor({ name }: Identity): Actor {
  return `operator ${name}`;
}

function notSignedIn(detail: string): Refusal {
  return new Refusal('not-signed-in', detail, { headers: { 'www-authenticate': 'Bearer realm="tessera"' } });
}
