/**
 * Reads the signature of a request: strict, before any of it is believed.
 *
 * Only the one form is read that a serialiser of structured fields writes, so that the text received is the text
 * that was signed. Anything that could mean two things to two readers (a second signature, a component named
 * twice, one that this protocol does not know, numbers with leading zeros) is refused.
 */
import { decodeBase64, decodeBase64Url } from './base64.js';
import type { RequestHead } from './http.js';
import { Refusal } from './problem.js';
import {
  componentsOf,
  KNOWN_COMPONENTS,
  NONCE_BYTES,
  SIGNATURE_ALGORITHM,
  SIGNATURE_FIELD,
  SIGNATURE_INPUT_FIELD,
  SIGNATURE_TAG,
  type SignatureParams,
  signatureBase,
} from './signature.js';

/** A signature that covers what it must; whether it is true is still to be verified. */
export interface ParsedSignature extends SignatureParams {
  /** The text that must have been signed. */
  readonly base: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Twice what our clients send. */
const MAX_INPUT_LENGTH = 800;
const MAX_SIGNATURE_LENGTH = 256;

const LABEL = '[a-z*][a-z0-9_.*-]{0,31}';
const INPUT = new RegExp(`^(${LABEL})=(\\(("[^()]*")\\)((?:;[^;,]+)*))$`);
const SIGNATURE = new RegExp(`^(${LABEL})=:([A-Za-z0-9+/]{86}==):$`);

/** Each parameter that a signature has, with the form of its value. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  created: /^[1-9][0-9]{0,11}$/,
  nonce: /^"[A-Za-z0-9_-]{22}"$/,
  keyid: /^"[A-Za-z0-9_-]{43}"$/,
  alg: new RegExp(`^"${SIGNATURE_ALGORITHM}"$`),
  tag: new RegExp(`^"${SIGNATURE_TAG}"$`),
};

/**
 * The signature of a request, with the text that it must have signed.
 *
 * @throws {Refusal} 'not-signed' when there is none, 'wrong-signature' when it is not in the one form or does
 *   not cover what a signature of this request must.
 */
export function parseSignature(head: RequestHead): ParsedSignature {
  const { [SIGNATURE_INPUT_FIELD]: inputField, [SIGNATURE_FIELD]: signatureField } = head.headers;
  if (inputField === undefined || signatureField === undefined) {
    const missing = inputField === undefined ? SIGNATURE_INPUT_FIELD : SIGNATURE_FIELD;
    throw new Refusal('not-signed', `the request must be signed (RFC 9421), got no field ${missing}`);
  }
  const [label, input, covered, params] = partsOf(SIGNATURE_INPUT_FIELD, inputField, MAX_INPUT_LENGTH, INPUT);
  const [signatureLabel, text] = partsOf(SIGNATURE_FIELD, signatureField, MAX_SIGNATURE_LENGTH, SIGNATURE);
  if (label !== signatureLabel) {
    throw wrong(`${SIGNATURE_FIELD} must have the label of ${SIGNATURE_INPUT_FIELD}, ${label}`);
  }
  const components = componentsIn(covered!, head);
  const base = signatureBase(head, components, input!);
  const signature = decodeBase64(text!);
  if (!signature) throw wrong(`${SIGNATURE_FIELD} must hold 64 bytes in base64`);
  return { ...paramsIn(params!), base, signature };
}

function partsOf(field: string, value: string, maxLength: number, form: RegExp): string[] {
  if (value.length > maxLength) {
    throw wrong(`${field} must be at most ${maxLength} characters, got ${value.length}`);
  }
  const match = form.exec(value);
  if (!match) throw wrong(`${field} must hold exactly one signature, in the form that RFC 9421 writes`);
  return match.slice(1);
}

function componentsIn(covered: string, head: RequestHead): string[] {
  const components = covered.slice(1, -1).split('" "');
  const seen = new Set<string>();
  for (const name of components) {
    if (!KNOWN_COMPONENTS.has(name)) throw wrong(`the signature covers ${name}, which is not known here`);
    if (seen.has(name)) throw wrong(`the signature must cover ${name} once`);
    seen.add(name);
  }
  for (const name of componentsOf(head)) {
    if (!seen.has(name)) throw wrong(`the signature must cover ${name}`);
  }
  return components;
}

function paramsIn(text: string): SignatureParams {
  const values: Record<string, string> = {};
  for (const param of text.slice(1).split(';')) {
    const equals = param.indexOf('=');
    const name = param.slice(0, equals);
    const form = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    const value = param.slice(equals + 1);
    if (!form?.test(value) || values[name] !== undefined) {
      throw wrong(`${SIGNATURE_INPUT_FIELD} has a parameter that is not read here or read before: ${param}`);
    }
    values[name] = value;
  }
  for (const name of Object.keys(PARAMETERS)) {
    if (values[name] === undefined) throw wrong(`${SIGNATURE_INPUT_FIELD} must have the parameter ${name}`);
  }
  const nonce = decodeBase64Url(values.nonce!.slice(1, -1));
  if (nonce?.length !== NONCE_BYTES) throw wrong(`nonce must be ${NONCE_BYTES} bytes in base64url`);
  return { created: Number(values.created), nonce, keyId: values.keyid!.slice(1, -1) };
}

function wrong(detail: string): Refusal {
  return new Refusal('wrong-signature', detail);
}
