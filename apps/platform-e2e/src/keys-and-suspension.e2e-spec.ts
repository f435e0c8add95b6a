import { randomUUID } from 'node:crypto';
import type { SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

const stack = runningStack();
const { gateway } = stack;
/** From the answer of a change to the moment at which everybody is refused (architecture: "Revocation in a second"). */
const second = { withinMs: 1_000 };

interface MadeKey {
  readonly id: string;
  readonly key: string;
}

async function makeKey(owner: SignedIn, scopes: readonly string[] = ['*'], more: object = {}): Promise<MadeKey> {
  const { status, text, body } = await gateway.call<MadeKey & Record<string, unknown>>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'e2e', scopes, ...more } });
  if (status !== 201) throw new Error(`the key was answered ${status}: ${text}`);
  return body;
}

const readTenant = (id: string, headers: Record<string, string>) => gateway.call<{ code?: string }>('GET', `/v1/tenants/${id}`, { headers });
const signInOperator = () => gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);

describe('an API key', () => {
  it('acts for its tenant by either header, within its scopes', async () => {
    const owner = await stack.newTenant();
    const { key } = await makeKey(owner, ['tenant.read']);
    const headers = { 'x-api-key': key };
    expect((await readTenant(owner.tenantId, { authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await readTenant(owner.tenantId, headers)).status).toBe(200);
    expect((await gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { headers, body: { name: 'x' } })).status).toBe(403);
    expect((await gateway.call('GET', '/v1/audit/entries', { headers })).status).toBe(403);
    expect((await gateway.call('POST', '/v1/api-keys', { headers, body: { name: 'x', scopes: ['*'] } })).status).toBe(403);
  });

  it('writes in its own name into the audit trail', async () => {
    const owner = await stack.newTenant();
    const { id, key } = await makeKey(owner);
    expect((await gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { headers: { 'x-api-key': key }, body: { name: 'By key' } })).status).toBe(200);
    await eventually(async () => {
      const entries = await stack.auditEntries(owner, '?action=tenant.update');
      expect(entries).toMatchObject([{ actor: { type: 'api_key', id } }]);
    });
    expect(JSON.stringify(await stack.auditEntries(owner))).not.toContain(key.split('_')[3]);
  });

  it('reaches no other tenant: 404 for its id and for its keys, 403 for its name in X-Tenant-Id', async () => {
    const [mine, theirs] = await Promise.all([stack.newTenant(), stack.newTenant()]);
    const [{ key }, other] = await Promise.all([makeKey(mine), makeKey(theirs)]);
    const headers = { 'x-api-key': key };
    expect((await readTenant(theirs.tenantId, headers)).status).toBe(404);
    expect((await gateway.call('DELETE', `/v1/api-keys/${other.id}`, { headers })).status).toBe(404);
    expect((await readTenant(mine.tenantId, { ...headers, 'x-tenant-id': theirs.tenantId })).body.code).toBe('tenant_forbidden');
    expect((await readTenant(theirs.tenantId, { 'x-api-key': other.key })).status).toBe(200);
  });

  it('is refused within a second of its revocation', async () => {
    const owner = await stack.newTenant();
    const { id, key } = await makeKey(owner);
    const headers = { 'x-api-key': key };
    expect((await readTenant(owner.tenantId, headers)).status).toBe(200);
    expect((await gateway.call('DELETE', `/v1/api-keys/${id}`, { token: owner.token })).status).toBe(204);
    await eventually(async () => expect(await readTenant(owner.tenantId, headers)).toMatchObject({ status: 401, body: { code: 'api_key_invalid' } }), second);
  });

  it('is refused once it has expired', async () => {
    const owner = await stack.newTenant();
    const { key } = await makeKey(owner, ['*'], { expiresAt: new Date(Date.now() + 4_000).toISOString() });
    expect((await readTenant(owner.tenantId, { 'x-api-key': key })).status).toBe(200);
    await eventually(async () => expect((await readTenant(owner.tenantId, { 'x-api-key': key })).body.code).toBe('api_key_invalid'));
  });

  it('is rotated without a gap: both work in the overlap, then the successor alone; a retry shows the same key', async () => {
    const owner = await stack.newTenant();
    const old = await makeKey(owner, ['tenant.read']);
    const idempotencyKey = randomUUID();
    const rotate = () => gateway.call<MadeKey & { previous: { overlapEndsAt: string } }>('POST', `/v1/api-keys/${old.id}/rotate`, { token: owner.token, idempotencyKey, body: { overlapSeconds: 5 } });
    const rotated = await rotate();
    expect(rotated.status).toBe(201);
    const again = await rotate();
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([rotated.text, 'true']);
    const statuses = () => Promise.all([old.key, rotated.body.key].map(async (key) => (await readTenant(owner.tenantId, { 'x-api-key': key })).status));
    expect(await statuses()).toEqual([200, 200]);
    await eventually(async () => expect(await statuses()).toEqual([401, 200]));
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(rotated.body.previous.overlapEndsAt) - 1_000);
    expect((await gateway.call('POST', `/v1/api-keys/${old.id}/rotate`, { token: owner.token })).body).toMatchObject({ code: 'api_key_ended' });
    const listed = await gateway.call<{ data: { id: string; status: string }[] }>('GET', '/v1/api-keys', { token: owner.token });
    expect(listed.body.data.map(({ id, status }) => [id, status])).toEqual([[rotated.body.id, 'active'], [old.id, 'rotated']]);
    await eventually(async () => expect(await stack.auditEntries(owner, '?action=api_key.rotate')).toMatchObject([{ resource: { id: old.id }, after: { rotatedTo: rotated.body.id } }]));
  });

  it('is refused within a second of a rotation without overlap, of being paused, and passes within one when it is taken up again', async () => {
    const owner = await stack.newTenant();
    const [lost, resting] = await Promise.all([makeKey(owner), makeKey(owner)]);
    const status = async ({ key }: MadeKey) => (await readTenant(owner.tenantId, { 'x-api-key': key })).status;
    expect([await status(lost), await status(resting)]).toEqual([200, 200]);
    expect((await gateway.call('POST', `/v1/api-keys/${lost.id}/rotate`, { token: owner.token, body: { overlapSeconds: 0 } })).status).toBe(201);
    await eventually(async () => expect(await status(lost)).toBe(401), second);
    const setActive = (active: boolean) => gateway.call('PATCH', `/v1/api-keys/${resting.id}`, { token: owner.token, body: { active } });
    expect((await setActive(false)).body).toMatchObject({ status: 'paused' });
    await eventually(async () => expect(await status(resting)).toBe(401), second);
    expect((await setActive(true)).body).toMatchObject({ status: 'active' });
    await eventually(async () => expect(await status(resting)).toBe(200), second);
  });

  it('is taken from its networks alone; a claim to be elsewhere counts for nothing, and the trail tells of it', async () => {
    const owner = await stack.newTenant();
    const [here, elsewhere] = await Promise.all([makeKey(owner, ['*'], { allowedAddresses: ['127.0.0.1'] }), makeKey(owner, ['*'], { allowedAddresses: ['203.0.113.0/24'] })]);
    expect((await readTenant(owner.tenantId, { 'x-api-key': here.key })).status).toBe(200);
    const refused = { status: 403, body: { code: 'address_not_allowed' } };
    expect(await readTenant(owner.tenantId, { 'x-api-key': elsewhere.key })).toMatchObject(refused);
    expect(await readTenant(owner.tenantId, { 'x-api-key': elsewhere.key, 'x-forwarded-for': '203.0.113.7' })).toMatchObject(refused);
    await eventually(async () => {
      const entries = await stack.auditEntries(owner, '?action=api_key.use&outcome=denied');
      expect(entries).toMatchObject([{ actor: { type: 'api_key', id: elsewhere.id }, reason: 'address_not_allowed', ip: '127.0.0.1' }]);
    });
    expect((await gateway.call('PATCH', `/v1/api-keys/${elsewhere.id}`, { token: owner.token, body: { allowedAddresses: [] } })).status).toBe(200);
    await eventually(async () => expect((await readTenant(owner.tenantId, { 'x-api-key': elsewhere.key })).status).toBe(200), second);
  });

  it('shows when it was last used', async () => {
    const owner = await stack.newTenant();
    const [used, idle] = [await makeKey(owner), await makeKey(owner)];
    const begun = Date.now();
    expect((await readTenant(owner.tenantId, { 'x-api-key': used.key })).status).toBe(200);
    await eventually(async () => {
      const { body } = await gateway.call<{ data: { id: string; lastUsedAt: string | null }[] }>('GET', '/v1/api-keys', { token: owner.token });
      const lastUsed = new Map(body.data.map(({ id, lastUsedAt }) => [id, lastUsedAt]));
      expect(lastUsed.get(idle.id)).toBeNull();
      expect(begun - Date.parse(lastUsed.get(used.id) ?? '')).toBeLessThan(60_000);
    });
  });

  it('is refused within a second when all of the tenant’s are revoked, and those of others go on', async () => {
    const [owner, other] = await Promise.all([stack.newTenant(), stack.newTenant()]);
    const keys = await Promise.all([makeKey(owner), makeKey(owner), makeKey(owner)]);
    const theirs = await makeKey(other);
    const statuses = () => Promise.all(keys.map(async ({ key }) => (await readTenant(owner.tenantId, { 'x-api-key': key })).status));
    expect(await statuses()).toEqual([200, 200, 200]);
    expect(await gateway.call('POST', '/v1/api-keys/revoke-all', { token: owner.token, body: { reason: 'e2e' } })).toMatchObject({ status: 200, body: { revoked: 3 } });
    await eventually(async () => expect(await statuses()).toEqual([401, 401, 401]), second);
    expect((await readTenant(other.tenantId, { 'x-api-key': theirs.key })).status).toBe(200);
    expect((await readTenant(owner.tenantId, { 'x-api-key': (await makeKey(owner)).key })).status).toBe(200);
    await eventually(async () => expect(await stack.auditEntries(owner, '?action=api_key.revoke_all')).toMatchObject([{ reason: 'e2e', after: { revoked: 3 } }]));
  });

  it('of the demo tenant works, as stack.json has it', async () => {
    const { tenantId, apiKey } = stack.facts.demo;
    expect((await readTenant(tenantId, { authorization: `Bearer ${apiKey}` })).status).toBe(200);
  });
});

describe('a suspended tenant', () => {
  it('is refused within a second, by token and by key, and let in again when it is restored', async () => {
    const owner = await stack.newTenant();
    const { key } = await makeKey(owner);
    const operator = await signInOperator();
    const calls = () =>
      Promise.all([readTenant(owner.tenantId, { authorization: `Bearer ${owner.token}` }), readTenant(owner.tenantId, { 'x-api-key': key })]);
    expect((await calls()).map(({ status }) => status)).toEqual([200, 200]);
    const suspended = await gateway.call('POST', `/v1/tenants/${owner.tenantId}/suspend`, { token: operator, body: { reason: 'e2e' } });
    expect(suspended).toMatchObject({ status: 200, body: { status: 'suspended' } });
    const refused = { status: 403, body: { code: 'tenant_suspended' } };
    await eventually(async () => expect(await calls()).toMatchObject([refused, refused]), second);
    const fresh = await gateway.signIn(owner.email, owner.password);
    expect(await readTenant(owner.tenantId, { authorization: `Bearer ${fresh}` })).toMatchObject(refused);
    expect((await gateway.call('POST', '/v1/auth/logout', { token: fresh })).status).toBe(204);
    expect((await gateway.call('POST', `/v1/tenants/${owner.tenantId}/restore`, { token: operator })).status).toBe(200);
    await eventually(async () => expect((await calls()).map(({ status }) => status)).toEqual([200, 200]), second);
    await eventually(async () => {
      const entries = await stack.auditEntries(owner, '?action=tenant.suspend');
      expect(entries).toMatchObject([{ actor: { type: 'operator' }, reason: 'e2e', before: { status: 'active' }, after: { status: 'suspended' } }]);
    });
  });

  it('is refused for good within a second of its deactivation by its owner, who goes on in another tenant', async () => {
    const owner = await stack.newTenant();
    const { key } = await makeKey(owner);
    const calls = () => Promise.all([readTenant(owner.tenantId, { authorization: `Bearer ${owner.token}` }), readTenant(owner.tenantId, { 'x-api-key': key })]);
    expect((await calls()).map(({ status }) => status)).toEqual([200, 200]);
    expect(await gateway.call('POST', `/v1/tenants/${owner.tenantId}/deactivate`, { token: owner.token, body: { reason: 'e2e' } })).toMatchObject({ status: 200, body: { status: 'deactivated' } });
    const refused = { status: 403, body: { code: 'tenant_deactivated' } };
    await eventually(async () => expect(await calls()).toMatchObject([refused, refused]), second);
    const token = await gateway.signIn(owner.email, owner.password);
    const made = await gateway.call<{ id: string }>('POST', '/v1/tenants', { token, body: { name: 'A new beginning' } });
    expect(made.status).toBe(201);
    const anew = await gateway.signIn(owner.email, owner.password);
    expect((await readTenant(made.body.id, { authorization: `Bearer ${anew}` })).status).toBe(200);
    const own = await gateway.call<{ data: { id: string; status: string }[] }>('GET', '/v1/tenants', { token: anew });
    expect(own.body.data.map(({ id, status }) => [id, status])).toEqual([[made.body.id, 'active'], [owner.tenantId, 'deactivated']]);
    const operator = await signInOperator();
    const found = await gateway.call<{ data: { id: string }[] }>('GET', '/v1/tenants?q=beginning&status=active&limit=1', { token: operator });
    expect(found.body.data.map(({ id }) => id)).toEqual([made.body.id]);
  });

  it('is suspended by operators alone', async () => {
    const owner = await stack.newTenant();
    const { key } = await makeKey(owner);
    for (const authorization of [`Bearer ${owner.token}`, `Bearer ${key}`]) {
      const path = `/v1/tenants/${owner.tenantId}/suspend`;
      expect((await gateway.call('POST', path, { headers: { authorization }, body: { reason: 'x' } })).status).toBe(403);
    }
  });
});

describe('an operator', () => {
  it('reads nothing of a tenant', async () => {
    const owner = await stack.newTenant();
    const token = await signInOperator();
    for (const path of [`/v1/tenants/${owner.tenantId}`, '/v1/audit/entries', '/v1/api-keys']) {
      expect((await gateway.call('GET', path, { token })).status).toBe(403);
      expect((await gateway.call('GET', path, { token, headers: { 'x-tenant-id': owner.tenantId } })).status).toBe(403);
    }
  });
});

describe('sign-out', () => {
  it('ends the token within a second, and a retry is answered the same', async () => {
    const owner = await stack.newTenant();
    const idempotencyKey = randomUUID();
    const logout = () => gateway.call('POST', '/v1/auth/logout', { token: owner.token, idempotencyKey });
    expect((await logout()).status).toBe(204);
    const refused = { status: 401, body: { code: 'session_revoked' } };
    await eventually(async () => expect(await readTenant(owner.tenantId, { authorization: `Bearer ${owner.token}` })).toMatchObject(refused), second);
    const again = await logout();
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([204, 'true']);
    const anew = await gateway.signIn(owner.email, owner.password);
    expect((await readTenant(owner.tenantId, { authorization: `Bearer ${anew}` })).status).toBe(200);
  });
});
