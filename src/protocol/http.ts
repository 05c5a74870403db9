/** HTTP as the protocol sees it: requests and responses as plain data, the same on both sides and in tests. */

/** Header fields by lower-case name; several of one name are joined by ", ". */
export type HeaderFields = Readonly<Record<string, string>>;

/** The part of a request that is known before its body comes. */
export interface RequestHead {
  /** Upper-case. */
  readonly method: string;
  /** Path and query as on the request line: `/v1/check-in`, `/v1/wake?wait=30`. */
  readonly target: string;
  /** Host and, where it is not the default, port: the `Host` field, lower-case. */
  readonly authority: string;
  readonly headers: HeaderFields;
}

/** The version that this code speaks. A peer of another major is refused, one of another minor is understood. */
export const PROTOCOL_VERSION = '1.1';

/** The field in which every request says its version. */
export const VERSION_FIELD = 'tessera-protocol';

/** The path of a target, without its query. */
export function pathOf({ target }: Pick<RequestHead, 'target'>): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}
