/** Tests of who gets through the gate how often. */
import { describe, expect, it } from 'vitest';
import { Refusal } from '../protocol/problem.js';
import type { ServerRequest } from './http.js';
import { createOperatorGate } from './operator-gate.js';
import type { Identity } from './operators.js';

const grace: Identity = { name: 'oidc:grace', role: 'operator' };

/** A gate with an identity provider that knows one token, and how often that was asked. */
function gateWithProvider() {
  let asked = 0;
  let holds = true;
  const gate = createOperatorGate({
    operators: { signIn: () => undefined },
    audit: { recordRefusal: async () => {} },
    oidc: {
      async signIn(token) {
        asked++;
        return holds && token === 'good' ? grace : undefined;
      },
    },
    now: () => 0,
  });
  const admit = (token: string) =>
    gate
      .admit(
        {
          headers: { authorization: `Bearer ${token}` },
          remoteAddress: '192.0.2.1',
        } as never as ServerRequest,
        'viewer',
      )
      .then(
        ({ name }) => name,
        (error: unknown) => (error instanceof Refusal ? error.problem : String(error)),
      );
  const expire = () => {
    holds = false;
  };
  return { admit, expire, askedProvider: () => asked };
}
const times = async <T>(count: number, act: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, act));

describe("an identity provider's tokens", () => {
  it('that have held have a rate of their own, which others in the network do not use up', async () => {
    const { admit } = gateWithProvider();
    expect(await admit('good')).toBe('oidc:grace');
    const wrong = await times(300, () => admit('bad'));
    expect(wrong.filter((answer) => answer === 'too-many-requests').length).toBeGreaterThan(50);
    expect(new Set(await times(500, () => admit('good')))).toEqual(new Set(['oidc:grace']));
    expect(await times(600, () => admit('good'))).toContain('too-many-requests');
  });

  it('are verified every time, also those that have held', async () => {
    const { admit, expire, askedProvider } = gateWithProvider();
    await times(3, () => admit('good'));
    expect(askedProvider()).toBe(3);
    expect(await admit('good')).toBe('oidc:grace');
    expire();
    expect(await admit('good')).toBe('not-signed-in');
  });

  it('are not asked for any more by a network that has asked too often', async () => {
    const { admit, askedProvider } = gateWithProvider();
    await times(1000, () => admit('bad'));
    expect(askedProvider()).toBe(200);
  });
});
