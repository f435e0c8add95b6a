import { OFREPApi, OFREPForbiddenError, OFREPApiUnauthorizedError } from '@openfeature/ofrep-core';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { ErrorCode, OpenFeature, StandardResolutionReasons, type Client } from '@openfeature/server-sdk';
import { platformLogId } from '@plinth/contracts';
import { mistyped, type SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

/** OpenFeature's SDK and its OFREP provider, as anybody installs them, with nothing set but URL and key. */
describe('feature flags, by OpenFeature’s own client', () => {
  const stack = runningStack();
  const { gateway } = stack;
  let operator: string;
  let owner: SignedIn;
  let client: Client;
  let otherClient: Client;
  let key: string;

  async function keyOf({ token }: SignedIn, scopes: readonly string[]): Promise<string> {
    return (await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token, body: { name: 'flags', scopes } })).body.key;
  }

  async function clientOf(apiKey: string): Promise<Client> {
    const domain = newId();
    await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl: gateway.url, headers: [['x-api-key', apiKey]] }));
    return OpenFeature.getClient(domain);
  }

  const makes = async (body: object) => {
    const made = await gateway.call<{ id: string }>('POST', '/v1/feature-flags', { token: operator, body });
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return made.body.id;
  };

  beforeAll(async () => {
    operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    owner = await stack.newTenant();
    key = await keyOf(owner, ['feature_flag.evaluate']);
    client = await clientOf(key);
    otherClient = await clientOf(await keyOf(await stack.newTenant(), ['feature_flag.evaluate']));
  }, 60_000);

  afterAll(() => OpenFeature.close());

  it('are what their rules say, until the kill switch is thrown: at once, told as an event, in history and trail', async () => {
    const flag = `new-dashboard-${newId()}`;
    const id = await makes({ key: flag, type: 'boolean', rules: [{ tenants: [owner.tenantId], variant: 'on' }] });
    const context = { targetingKey: 'u1' };
    expect(await client.getBooleanDetails(flag, false, context)).toMatchObject({ value: true, variant: 'on', reason: StandardResolutionReasons.TARGETING_MATCH });
    expect(await otherClient.getBooleanValue(flag, true, context)).toBe(false);
    // Whatever the caller says of itself.
    expect(await otherClient.getBooleanValue(flag, true, { ...context, tenantId: owner.tenantId })).toBe(false);

    const off = await gateway.call('POST', `/v1/feature-flags/${flag}/disable`, { token: operator, body: { reason: 'the dashboard broke' } });
    expect(off.status).toBe(200);
    expect(await client.getBooleanDetails(flag, true, context)).toMatchObject({ value: false, variant: 'off', reason: StandardResolutionReasons.DISABLED });

    const history = await gateway.call<{ data: { action: string; reason: string | null }[] }>('GET', `/v1/feature-flags/${flag}/changes`, { token: operator });
    expect(history.body.data).toMatchObject([{ action: 'disable', reason: 'the dashboard broke' }, { action: 'create' }]);
    await eventually(async () => {
      const events = await stack.query(`SELECT event_type, status FROM tenancy.event_outbox WHERE aggregate_id = $1 ORDER BY sequence`, [id]);
      expect(events).toEqual([{ event_type: 'feature_flag.created', status: 'published' }, { event_type: 'feature_flag.updated', status: 'published' }]);
      const entries = await stack.query(`SELECT action, actor_type, reason FROM audit.entry WHERE tenant_id = $1 AND resource_id = $2 ORDER BY sequence`, [platformLogId, id]);
      expect(entries).toEqual([
        { action: 'feature_flag.create', actor_type: 'operator', reason: null },
        { action: 'feature_flag.disable', actor_type: 'operator', reason: 'the dashboard broke' },
      ]);
    });
  });

  it('have values of each type', async () => {
    const [text, number, object] = ['text', 'number', 'object'].map((name) => `${name}-${newId()}`) as [string, string, string];
    await makes({ key: text, type: 'string', variants: { a: 'A', b: 'B' }, defaultVariant: 'a', rules: [{ users: ['u1'], variant: 'b' }] });
    await makes({ key: number, type: 'number', variants: { few: 10, many: 2.5e3 }, defaultVariant: 'many' });
    await makes({ key: object, type: 'json', variants: { x: { rows: [1, 2], deep: { dark: true } } }, defaultVariant: 'x' });
    expect(await client.getStringValue(text, '', { targetingKey: 'u1' })).toBe('B');
    expect(await client.getStringDetails(text, '', { targetingKey: 'u2' })).toMatchObject({ value: 'A', flagMetadata: { reason: 'DEFAULT' } });
    expect(await client.getNumberDetails(number, 0, { targetingKey: 'u1' })).toMatchObject({ value: 2500, reason: StandardResolutionReasons.STATIC });
    expect(await client.getObjectValue(object, {}, { targetingKey: 'u1' })).toEqual({ rows: [1, 2], deep: { dark: true } });
    expect(await client.getStringDetails(number, 'mine', { targetingKey: 'u1' })).toMatchObject({ value: 'mine', errorCode: ErrorCode.TYPE_MISMATCH });
  });

  it('leave a user in the same share, from each of the tenant’s processes', async () => {
    const flag = `share-${newId()}`;
    // By this salt always the same ones, some in and some out.
    await makes({ key: flag, type: 'boolean', salt: 'share', rules: [{ split: [{ variant: 'on', percent: 50 }] }] });
    const second = await clientOf(key);
    const values: boolean[] = [];
    for (let index = 0; index < 12; index += 1) {
      const [one, other] = [await client.getBooleanDetails(flag, false, { targetingKey: `user-${index}` }), await second.getBooleanDetails(flag, true, { targetingKey: `user-${index}` })];
      expect([one.errorMessage, other.errorMessage, other.value, one.reason === StandardResolutionReasons.SPLIT]).toEqual([undefined, undefined, one.value, one.value]);
      values.push(one.value);
    }
    expect(new Set(values)).toEqual(new Set([true, false]));
  });

  it('are the client’s own default, with the reason, where there is none, or no user is named', async () => {
    expect(await client.getBooleanDetails('no-such-flag', true, { targetingKey: 'u1' })).toMatchObject({ value: true, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.FLAG_NOT_FOUND });
    expect(await client.getBooleanDetails('no-such-flag', true, {})).toMatchObject({ value: true, errorCode: ErrorCode.INVALID_CONTEXT });
  });

  it('come all at once with an entity tag, and not again while nothing has changed', async () => {
    const flag = `bulk-${newId()}`;
    await makes({ key: flag, type: 'boolean', defaultVariant: 'on' });
    const api = new OFREPApi(gateway.url);
    const ask = (headers: [string, string][] = []) => api.postBulkEvaluateFlags({ context: { targetingKey: 'u1' } }, { headers: [['x-api-key', key], ...headers] });
    const all = await ask();
    expect(all.value).toMatchObject({ flags: expect.arrayContaining([expect.objectContaining({ key: flag, value: true })]) });
    // Tests beside this one make flags too: asked for at once, or again.
    await eventually(async () => {
      const etag = (await ask()).httpResponse?.headers.get('etag') ?? '';
      expect((await ask([['if-none-match', etag]])).httpStatus).toBe(304);
    });
    await gateway.call('POST', `/v1/feature-flags/${flag}/disable`, { token: operator });
    const changed = await ask([['if-none-match', all.httpResponse?.headers.get('etag') ?? '']]);
    expect([changed.httpStatus, changed.value]).toMatchObject([200, { flags: expect.arrayContaining([expect.objectContaining({ key: flag, value: false, reason: 'DISABLED' })]) }]);
  });

  it('are refused by the errors that the client knows', async () => {
    const ask = (apiKey: string) => new OFREPApi(gateway.url).postEvaluateFlags('no-such-flag', { context: { targetingKey: 'u1' } }, { headers: [['x-api-key', apiKey]] });
    await expect(ask(mistyped(key))).rejects.toBeInstanceOf(OFREPApiUnauthorizedError);
    await expect(ask(await keyOf(owner, ['tenant.read']))).rejects.toBeInstanceOf(OFREPForbiddenError);
    const asOwner = await gateway.call('GET', '/v1/feature-flags', { token: owner.token });
    expect(asOwner.status).toBe(403);
  });

  it('answer as the API document says, to members who are signed in too', async () => {
    const one = await gateway.call<{ errorCode: string }>('POST', '/ofrep/v1/evaluate/flags/no-such-flag', { token: owner.token, body: { context: { targetingKey: 'u1' } } });
    expect([one.status, one.body.errorCode]).toEqual([404, 'FLAG_NOT_FOUND']);
    const all = await gateway.call<{ flags: unknown[] }>('POST', '/ofrep/v1/evaluate/flags', { token: owner.token, body: { context: { targetingKey: 'u1' } } });
    expect([all.status, Array.isArray(all.body.flags)]).toEqual([200, true]);
  });
});
