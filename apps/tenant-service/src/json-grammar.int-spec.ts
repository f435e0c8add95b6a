import { createHash } from 'node:crypto';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { jsonBodies, jsonValues, type JsonCase } from '@plinth/testing';
import { bootTenantService } from './testing.js';

/** What a polluted prototype would show: the own names of those that every object and array has, and one that is looked for. */
function prototypes(): unknown[] {
  return [Object.prototype, Array.prototype, Function.prototype].map((prototype) => Reflect.ownKeys(prototype).map(String)).concat([[String('polluted' in {})]]);
}

const within = (before: string, { bytes }: JsonCase, after: string) => Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);

/** Every corner of the grammar (RFC 8259) against real routes: no 5xx, no wrong success, nothing polluted. */
describe('JSON in the body of a request', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let owner: Principal;
  let tenantPath: string;
  const before = prototypes();

  beforeAll(async () => {
    service = await bootTenantService();
    const registered = await service.register();
    owner = registered.owner;
    tenantPath = `/v1/tenants/${registered.tenant.id}`;
  });
  afterAll(() => service.close());
  afterEach(() => expect(prototypes()).toEqual(before));

  async function send(method: 'POST' | 'PATCH', path: string, payload: Buffer) {
    const headers = { ...(await service.identity(method, path, owner)), 'content-type': 'application/json', 'idempotency-key': newId() };
    const answer = await service.app.inject({ method, url: path, headers, payload });
    return { status: answer.statusCode, code: answer.statusCode < 400 ? null : answer.json<{ code: string }>().code };
  }

  const refusal = { status: 400, code: 'json_malformed' };

  describe.each(jsonValues.map((value) => [value.name, value] as const))('with %s', (name, value) => {
    it(value.verdict === 'valid' ? 'stores it and reads it back' : `changes nothing, for it is ${value.verdict}`, async () => {
      const member = createHash('sha256').update(name).digest('hex').slice(0, 8);
      const changed = await send('PATCH', tenantPath, within(`{"settings":{"${member}":`, value, '}}'));
      const { settings } = (await service.call('GET', tenantPath, { as: owner })).json() as unknown as { settings: Record<string, unknown> };
      if (value.verdict !== 'valid') {
        expect(changed).toEqual(refusal);
        expect(settings).not.toHaveProperty(member);
        return;
      }
      expect(changed).toEqual({ status: 200, code: null });
      const sent = JSON.parse(value.bytes.toString('utf8')) as unknown;
      // JSON merge patch: null removes a member.
      if (sent === null) expect(settings).not.toHaveProperty(member);
      else expect(settings[member]).toEqual(JSON.parse(JSON.stringify(sent)));
      // Out of the way of what follows: all settings together have a limit.
      expect((await send('PATCH', tenantPath, Buffer.from(`{"settings":{"${member}":null}}`))).status).toBe(200);
    });

    it('is told apart by a POST that has no place for it', async () => {
      const answer = await send('POST', '/v1/api-keys', within('{"name":"a","scopes":["*"],"more":', value, '}'));
      expect(answer).toEqual(value.verdict === 'valid' ? { status: 422, code: 'validation_failed' } : refusal);
    });
  });

  it.each(jsonBodies.map((body) => [body.name, body] as const))('refuses a body of %s', async (_, { bytes }) => {
    expect(await send('POST', '/v1/api-keys', bytes)).toEqual(refusal);
  });

  it.each([
    ['as they are', '{"name":"a","scopes":["*"]}'],
    ['in another order', '{"scopes":["*"],"name":"b"}'],
    ['with space wherever it may be', ' { "name" : "c" ,\r\n\t"scopes" : [ "*" ] } \n'],
    ['with names in escapes', '{"\\u006eame":"d","sc\\u006fpes":["*"]}'],
    ['with a value in escapes', '{"name":"\\u00e9\\ud83d\\ude00","scopes":["\\u002a"]}'],
  ])('takes the members of a POST %s', async (_, text) => {
    expect(await send('POST', '/v1/api-keys', Buffer.from(text))).toEqual({ status: 201, code: null });
  });

  it.each(['{"name":"a","scopes":["*"],"constructor":"x"}', '{"name":"a","scopes":["*"],"toString":1}', '{"name":"a","scopes":["*"],"hasOwnProperty":{}}'])('refuses an unknown member, also one that every object has: %s', async (text) => {
    expect(await send('POST', '/v1/api-keys', Buffer.from(text))).toEqual({ status: 422, code: 'validation_failed' });
  });

  it.each(['{"name":"a","scopes":["*"]', '{"name":"a","scopes":["*"', '{"name":"a","scopes":', '{"name":"a",', '{"name":"', '{"na', '{'])('refuses the body that is cut at %j', async (text) => {
    expect(await send('POST', '/v1/api-keys', Buffer.from(text))).toEqual(refusal);
  });
});
