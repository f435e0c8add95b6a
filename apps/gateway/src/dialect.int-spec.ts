import { eventually } from '@plinth/testing';
import { TestGateway } from './testing.js';

describe('the gateway, on the routes of other specifications’ clients,', () => {
  const chat = (gateway: TestGateway, headers: Record<string, string> = {}) =>
    gateway.send('POST', '/v1/chat/completions', { 'content-type': 'application/json', ...headers }, '{}');

  it('refuses in the shape that they read', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const attempts: Record<string, string>[] = [{}, { authorization: 'Bearer sk-wrong' }];
    for (const headers of attempts) {
      const answer = await chat(gateway, headers);
      expect([answer.status, answer.headers['content-type']]).toEqual([401, 'application/json; charset=utf-8']);
      expect(JSON.parse(answer.text)).toEqual({ error: { message: expect.any(String), type: 'authentication_error', param: null, code: 'invalid_api_key' } });
    }
    const tenant = await chat(gateway, { ...gateway.bearer, 'x-tenant-id': 'none' });
    expect(JSON.parse(tenant.text)).toMatchObject({ error: { type: 'invalid_request_error', code: 'tenant_id_malformed' } });
  });

  it('refuses OpenFeature’s clients in the shape that they read', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    const one = await gateway.send('POST', '/ofrep/v1/evaluate/flags/new-trail', { 'content-type': 'application/json' }, '{}');
    expect([one.status, one.headers['content-type'], JSON.parse(one.text)]).toEqual([401, 'application/json; charset=utf-8', { key: 'new-trail', errorCode: 'GENERAL', errorDetails: expect.any(String) }]);
    const all = await gateway.send('POST', '/ofrep/v1/evaluate/flags', { 'content-type': 'application/json' }, '{}');
    expect([all.status, JSON.parse(all.text)]).toEqual([401, { errorCode: 'GENERAL', errorDetails: expect.any(String) }]);
  });

  it('and leaves every other route its problem documents', async () => {
    await using gateway = await TestGateway.start();
    await eventually(() => expect(gateway.hasTokenKeys).toBe(true));
    expect(await gateway.send('GET', '/v1/audit/entries')).toMatchObject({ status: 401, problem: { code: expect.any(String) } });
  });
});
