/** What the page asks the server by itself, without a key, before anybody takes part: who gets in, what there is to learn. */
import { signal } from '@preact/signals';
import type { RequestPurpose, RequestRecord } from '../../../../src/browser/records.js';
import type { Offer, OffersResponse, ServerInfo } from '../../../../src/protocol/messages.js';
import { PATHS } from '../../../../src/protocol/paths.js';

/** Undefined: not known yet. */
export const enrolment = signal<ServerInfo['enrolment'] | undefined>();
/** Of all kinds. Undefined: not known yet, or told only to those who take part. */
export const offers = signal<readonly Offer[] | undefined>();
/** Whether the server does not answer. */
export const isAway = signal(false);

/** What the page itself has sent; participants keep lists of their own. */
export const ownRequests = signal<readonly RequestRecord[]>([]);

/** Asks both at once. */
export async function lookAtServer(): Promise<void> {
  const [info, offered] = await Promise.all([
    ask<ServerInfo>(PATHS.info, 'server-info'),
    ask<OffersResponse>(PATHS.offers, 'offers'),
  ]);
  isAway.value = info === undefined && offered === undefined;
  if (info) enrolment.value = info.enrolment;
  if (offered) offers.value = offered.offers;
}

async function ask<T>(path: string, purpose: RequestPurpose): Promise<T | undefined> {
  const sent: RequestRecord = { purpose, method: 'GET', path, at: Date.now(), bytes: 0, status: null };
  ownRequests.value = [sent, ...ownRequests.value];
  const answered = (status: number) => {
    ownRequests.value = ownRequests.value.map((each) => (each === sent ? { ...sent, status } : each));
  };
  try {
    const response = await fetch(path, { credentials: 'omit', cache: 'no-store' });
    answered(response.status);
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    answered(0);
    return undefined;
  }
}
