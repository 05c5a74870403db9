/**
 * HTTP message signatures (RFC 9421) as this protocol uses them: what of a request is signed, as which text.
 *
 * Every request is signed over its method, authority, path and query, over the fields of `SIGNED_FIELDS` that it
 * has and, where it has a body, over a digest of it and its length. So nobody between client and server can turn
 * a signed request into another one, nor put another body under it. When it was made (`created`) and a number
 * used once (`nonce`) are signed too, so that the server can tell a request from its replay. Fields that are not
 * signed, such as `accept`, may be changed on the way: nothing that matters may be read from them.
 */
import { encodeBase64, encodeBase64Url } from './base64.js';
import { CONTENT_DIGEST_FIELD, REPR_DIGEST_FIELD } from './content-digest.js';
import { type HeaderFields, pathOf, type RequestHead, VERSION_FIELD } from './http.js';
import { Refusal } from './problem.js';

export const SIGNATURE_FIELD = 'signature';
export const SIGNATURE_INPUT_FIELD = 'signature-input';

/** The only algorithm (RFC 9421, section 3.3.6). */
export const SIGNATURE_ALGORITHM = 'ed25519';

/** Says for what a signature was made, so that none made for something else counts here. */
export const SIGNATURE_TAG = 'tessera';

/** Bytes of a nonce, random. */
export const NONCE_BYTES = 16;

/** What every signature covers beside the fields (RFC 9421, section 2.2). */
const DERIVED_COMPONENTS = ['@method', '@authority', '@path', '@query'] as const;

/** The fields that a signature covers wherever the request has them. */
const SIGNED_FIELDS = [CONTENT_DIGEST_FIELD, REPR_DIGEST_FIELD, 'upload-offset', VERSION_FIELD] as const;

/** All that a signature may cover. */
export const KNOWN_COMPONENTS: ReadonlySet<string> = new Set([
  ...DERIVED_COMPONENTS,
  ...SIGNED_FIELDS,
  'content-length',
]);

/** What a signature says of itself (RFC 9421, section 2.3). */
export interface SignatureParams {
  /** Whole seconds since 1970: the standard allows no fractions. */
  readonly created: number;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  /** The JWK thumbprint of the key. */
  readonly keyId: string;
}

/**
 * The components that a signature of this request must cover, in the order in which our clients cover them. A
 * request with a body and no digest gets `content-digest` all the same, which it then lacks.
 */
export function componentsOf({ headers }: Pick<RequestHead, 'headers'>): string[] {
  const components: string[] = [...DERIVED_COMPONENTS];
  for (const field of SIGNED_FIELDS) if (headers[field] !== undefined) components.push(field);
  if (hasBody(headers)) {
    const digested = headers[CONTENT_DIGEST_FIELD] !== undefined || headers[REPR_DIGEST_FIELD] !== undefined;
    if (!digested) components.push(CONTENT_DIGEST_FIELD);
    components.push('content-length');
  }
  return components;
}

/** The value of `signature-input` behind its label, which is also the last line of what is signed. */
export function signatureInput(components: readonly string[], params: SignatureParams): string {
  const { created, nonce, keyId } = params;
  return (
    `(${components.map((name) => `"${name}"`).join(' ')});created=${created}` +
    `;nonce="${encodeBase64Url(nonce)}";keyid="${keyId}";alg="${SIGNATURE_ALGORITHM}";tag="${SIGNATURE_TAG}"`
  );
}

/**
 * The text that is signed (RFC 9421, section 2.5).
 *
 * @param components derived components and lower-case names of fields
 * @param input the components and parameters as `signature-input` has them behind the label
 * @throws {Refusal} 'wrong-signature' when the request lacks a component, or one could feign others.
 */
export function signatureBase(head: RequestHead, components: readonly string[], input: string): string {
  let base = '';
  for (const name of components) {
    const value = componentOf(head, name);
    if (value === undefined) {
      throw new Refusal(
        'wrong-signature',
        `the signature must cover ${name}, which the request does not have`,
      );
    }
    // A line feed in a value would begin the line of another component.
    if (!PRINTABLE.test(value)) {
      throw new Refusal('wrong-signature', `${name} must be printable ASCII to be signed`);
    }
    base += `"${name}": ${value}\n`;
  }
  return `${base}"@signature-params": ${input}`;
}

/** The two fields that carry a signature. */
export function signatureFields(input: string, signature: Uint8Array): HeaderFields {
  return {
    [SIGNATURE_INPUT_FIELD]: `${SIGNATURE_TAG}=${input}`,
    [SIGNATURE_FIELD]: `${SIGNATURE_TAG}=:${encodeBase64(signature)}:`,
  };
}

const PRINTABLE = /^[\x20-\x7e]*$/;

function hasBody(headers: HeaderFields): boolean {
  const length = headers['content-length'];
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined;
}

function componentOf(head: RequestHead, name: string): string | undefined {
  switch (name) {
    case '@method':
      return head.method;
    case '@authority':
      return head.authority;
    case '@path':
      return pathOf(head) || '/';
    case '@query': {
      const query = head.target.indexOf('?');
      return query < 0 ? '?' : head.target.slice(query);
    }
    default:
      return Object.hasOwn(head.headers, name) ? head.headers[name]?.trim() : undefined;
  }
}
