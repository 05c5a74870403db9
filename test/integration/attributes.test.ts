/** What a client says of itself for selection: in its enrolment, in a check-in, and within the same bounds in both. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PATHS } from '../../src/protocol/paths.js';
import { startFederation, type TestFederation } from '../helpers/federation.js';
import { enrolment, jsonOf, rawClient } from '../helpers/raw-clients.js';
import { newSigner, problemOf, sendRaw } from '../helpers/raw-http.js';

let federation: TestFederation;
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(() => federation.close());

it('counts what was said at enrolment until a check-in says something else', async () => {
  const { url, server } = federation;
  const signer = newSigner();
  jsonOf(await sendRaw(url, await enrolment(url, signer, { attributes: { region: 'north' } })));
  const client = await rawClient(url, { signer });
  const { access, availability } = server.federation;
  const attributesAfter = async (more: object) => {
    jsonOf(await client.send({ target: PATHS.checkIn, json: { encodings: ['float32'], ...more } }));
    return availability.find(access.clients.find(client.clientId)!.index)?.attributes;
  };
  expect(await attributesAfter({})).toEqual({ region: 'north' });
  expect(await attributesAfter({ attributes: { region: 'south' } })).toEqual({ region: 'south' });
  expect(await attributesAfter({ attributes: {} })).toEqual({});
});

it.each<[string, Record<string, string>]>([
  ['a line end in a value', { region: 'north\nsouth' }],
  ['a mark that turns the direction of text', { region: '\u202Enorth' }],
  ['a value that is too long', { region: 'n'.repeat(101) }],
  ['a name with a blank', { 'my region': 'north' }],
  ['too many', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`a${index}`, 'b']))],
])('refuses %s, at enrolment and at check-in', async (_, attributes) => {
  const { url } = federation;
  const refused = await sendRaw(url, await enrolment(url, newSigner(), { attributes }));
  expect(problemOf(refused)).toMatchObject({ status: 400 });
  const client = await rawClient(url);
  const also = await client.send({ target: PATHS.checkIn, json: { encodings: ['float32'], attributes } });
  expect(problemOf(also)).toMatchObject({ status: 400 });
});
