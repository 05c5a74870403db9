/** Takes out of a text what may say who somebody is or let somebody in; for logs, where words come from anywhere. */
import { isIPv6 } from 'node:net';

const SECRETS = /\bts[io]_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bBearer\s+[^\s,;]+/gi;
/** SHA-256 as base64url, such as the id of a key. */
const KEY_IDS = /(?<![\w-])[\w-]{43}(?![\w-])/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const PERHAPS_IPV6 = /(?<![\w:.])[\da-f]*:[\da-f]*:[\da-f:]*(?:\.\d+){0,3}(?![\w:])/gi;

/** Of the id of a key, enough to find lines of the same client, too little to be somebody's name elsewhere. */
export function shortKeyId(keyId: string): string {
  return `${keyId.slice(0, 8)}…`;
}

/** The text without tokens and network addresses, with ids of keys cut short. */
export function scrub(text: string): string {
  return text
    .replace(SECRETS, '[token]')
    .replace(PERHAPS_IPV6, (found) => (isIPv6(found) ? '[address]' : found))
    .replace(IPV4, '[address]')
    .replace(KEY_IDS, shortKeyId);
}
