/**
 * Which operator's request is this? The gate before everything that operators see and do.
 *
 * Threats: somebody keeps the server or an identity provider busy with tokens that do not hold (the rate of a network is
 * limited; guessing is hopeless at any rate), and with it shuts out operators in the same network or behind the same proxy
 * (whose token has held has a rate of their own, wide enough for all panels of some dashboards), a viewer acts, a token ends
 * up in an address that is logged (only the `Authorization` field is read), somebody fills the audit log with wrong tokens
 * (it bounds refusals), a page of another origin uses what a browser keeps (nothing is kept: there are no cookies).
 */
import { TransportError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import type { Actor, AuditLog } from './audit-log.js';
import type { ServerRequest } from './http.js';
import type { Oidc } from './oidc.js';
import type { Identity, Operators, Role } from './operators.js';
import { createRateLimit, networkOf } from './rate-limit.js';
import { hashToken } from './secret-token.js';

/** Requests of an operator at once, and a second in the long run. */
const OPERATOR_RATE = { burst: 1000, perSecond: 100 };
/** Of a network, with tokens that have not held before. */
const NETWORK_RATE = { burst: 200, perSecond: 20 };

/** Tokens of a provider that are remembered. */
const MOST_HELD = 1000;

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
  readonly operators: Pick<Operators, 'signIn'>;
  readonly audit: Pick<AuditLog, 'recordRefusal'>;
  /** Absent: only tokens of this server hold. */
  readonly oidc?: Oidc | undefined;
  /** Milliseconds of any origin. */
  now(): number;
}

/** A gate with a memory of its own. */
export function createOperatorGate({ operators, audit, oidc, now }: OperatorGateContext): OperatorGate {
  const operatorRate = createRateLimit(OPERATOR_RATE);
  const networkRate = createRateLimit(NETWORK_RATE);

  /** Hashes of the provider's tokens that have held, and whose they are; they are verified all the same. */
  const held = new Map<string, string>();

  const identityOf = async (request: ServerRequest, token: string): Promise<Identity | undefined> => {
    const known = operators.signIn(token);
    const hash = known || !oidc ? '' : Buffer.from(hashToken(token)).toString('base64');
    const name = known?.name ?? held.get(hash);
    if (name === undefined) networkRate.take(networkOf(request.remoteAddress), now());
    else operatorRate.take(name, now());
    if (known || !oidc) return known;
    const identity = await oidc.signIn(token).catch((cause: unknown) => {
      if (!(cause instanceof TransportError)) throw cause;
      throw new Refusal('unavailable', 'the identity provider cannot be asked now', { cause });
    });
    held.delete(hash);
    if (identity) held.set(hash, identity.name);
    for (const [oldest] of held) if (held.size > MOST_HELD) held.delete(oldest);
    return identity;
  };
  const refuse = async (actor: Actor, subject: string, refusal: Refusal): Promise<never> => {
    await audit.recordRefusal({ actor, action: 'operator-refused', subject, detail: refusal.problem });
    throw refusal;
  };
  return {
    async admit(request, role) {
      const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) {
        networkRate.take(networkOf(request.remoteAddress), now());
        throw notSignedIn("the request must have an operator's token, got none");
      }
      const identity = await identityOf(request, token);
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
