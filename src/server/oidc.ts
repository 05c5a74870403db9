/**
 * Operators who sign in with an identity provider (OpenID Connect): a bearer token is verified with the provider's keys,
 * and one of its claims says the role.
 *
 * Threats: a token for another audience or of another issuer, an expired one, one that is signed by nobody (`none`), by
 * a symmetric algorithm with the public key as its secret, by a key of its own choice, or by a key that the provider
 * has withdrawn; a provider, or who speaks for it, that sends us elsewhere or answers without end; tokens of strangers
 * that make us ask the provider again and again; a person whose name at the provider is that of a local operator.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { ConfigError, TransportError } from '../errors.js';
import { isPlainText } from './client-record.js';
import type { Identity, Role } from './operators.js';
import { createProviderFetch } from './provider-fetch.js';

/** Which provider is trusted, and which of its users are. */
export interface OidcSettings {
  /** The provider's address, as in the claim `iss`; https, or http on loopback. */
  readonly issuer: string;
  /** This server, as in the claim `aud`. */
  readonly audience: string;
  /** The claim that holds roles, a text or a list; dots lead into objects. `roles` by default. */
  readonly roleClaim?: string;
  /** Values of the claim that make an operator; `tessera-operator` by default. */
  readonly operators?: readonly string[];
  /** Values of the claim that make a viewer; `tessera-viewer` by default. */
  readonly viewers?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Verifies tokens of one provider. */
export interface Oidc {
  /**
   * Who a token stands for, by the name `oidc:` and the subject; undefined for one that does not hold or gives no role.
   *
   * @throws {TransportError} when the provider's keys cannot be had.
   */
  signIn(bearer: string): Promise<Identity | undefined>;
}

/** Asymmetric ones only: with a symmetric one, whoever knows the public key could sign. Others are not in use. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE_SECONDS = 30;
const MOST_TOKEN = 16_384;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Trusts one provider; nothing is asked before the first token comes.
 *
 * @throws {ConfigError} when the issuer is no https address, or the audience is empty.
 */
export function createOidc(settings: OidcSettings): Oidc {
  const { issuer, audience, roleClaim = 'roles', now = Date.now } = settings;
  const { operators = ['tessera-operator'], viewers = ['tessera-viewer'] } = settings;
  if (!isTrustworthy(issuer)) throw new ConfigError(`issuer must be an https address, got ${issuer}`);
  if (audience === '') throw new ConfigError('audience must be the name of this server, got nothing');
  const fetchJson = createProviderFetch(now);
  let keys: Promise<JWTVerifyGetKey> | undefined;

  const discover = async (): Promise<JWTVerifyGetKey> => {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = (await fetchJson(address)) as { issuer?: unknown; jwks_uri?: unknown } | null;
    const jwksUri = String(document?.jwks_uri);
    if (document?.issuer !== issuer) throw new TransportError(`${address} must be of issuer ${issuer}`);
    if (!isTrustworthy(jwksUri)) throw new TransportError(`jwks_uri of ${address} must be an https address`);
    return createRemoteJWKSet(new URL(jwksUri), {
      [customFetch]: async (url) => Response.json(await fetchJson(url)),
    });
  };
  const keyOf: JWTVerifyGetKey = async (header, token) => {
    keys ??= discover();
    const find = await keys.catch((cause: unknown) => {
      keys = undefined;
      throw cause;
    });
    return find(header, token);
  };

  return {
    signIn: async (bearer) => {
      if (bearer.length > MOST_TOKEN) return undefined;
      const claims = await verified(bearer, keyOf, { issuer, audience, currentDate: new Date(now()) });
      if (!claims?.sub || !isPlainText(claims.sub)) return undefined;
      const values = claimOf(claims, roleClaim);
      const has = (wanted: readonly string[]) => wanted.some((value) => values.includes(value));
      const role: Role | undefined = has(operators) ? 'operator' : has(viewers) ? 'viewer' : undefined;
      return role && { name: `oidc:${claims.sub}`, role };
    },
  };
}

async function verified(
  bearer: string,
  keyOf: JWTVerifyGetKey,
  expected: { readonly issuer: string; readonly audience: string; readonly currentDate: Date },
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(bearer, keyOf, {
      ...expected,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (cause) {
    if (cause instanceof TransportError) throw cause;
    if (cause instanceof errors.JWKSInvalid) {
      throw new TransportError(`the keys of ${expected.issuer} must be a JSON Web Key Set`, { cause });
    }
    return undefined;
  }
}

/** The texts that a claim holds: by its whole name, or by names of nested objects with dots between. */
function claimOf(claims: JWTPayload, name: string): string[] {
  const path = Object.hasOwn(claims, name) ? [name] : name.split('.');
  let value: unknown = claims;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return [value].flat().filter((item): item is string => typeof item === 'string');
}

function isTrustworthy(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
