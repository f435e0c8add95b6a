import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';

interface RoleBody {
  readonly id: string;
  readonly name: string;
  readonly capabilities: string[];
}

const gateway: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };

describe('/v1/tenants/{id}/roles', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const at = (as: Principal, id = '') => `/v1/tenants/${as.tenantId}/roles${id && `/${id}`}`;
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const create = (as: Principal, body: object = {}) => service.call('POST', at(as), { as, body: { name: `R ${newId()}`, capabilities: ['project.view', 'file.view'], ...body } });
  const made = async (as: Principal, body: object = {}) => (await create(as, body)).json() as unknown as RoleBody;
  const change = (as: Principal, id: string, body: object, headers: Record<string, string> = {}) => service.call('PATCH', at(as, id), { as, body, headers });
  const remove = (as: Principal, id: string) => service.call('DELETE', at(as, id), { as });
  const give = (as: Principal, member: Principal, customRoleIds: string[]) => service.call('PATCH', `/v1/tenants/${as.tenantId}/members/${member.id}`, { as, body: { customRoleIds } });
  const standingOf = async (member: Principal) =>
    ((await service.call('GET', `/internal/v1/accounts/${member.id}/standing`, { as: gateway })).json() as unknown as { memberships: { tenantId: string; capabilities?: string[] }[] }).memberships.find(({ tenantId }) => tenantId === member.tenantId)?.capabilities;

  it('is made of capabilities, read, listed by name and changed as the caller saw it', async () => {
    const { owner } = await service.register();
    const answer = await create(owner, { name: 'Readers' });
    const role = answer.json() as unknown as RoleBody;
    expect([answer.status, answer.headers['location'], role.capabilities]).toEqual([201, at(owner, role.id), ['file.view', 'project.view']]);
    await create(owner, { name: 'Approvers' });
    const { data } = (await service.call('GET', at(owner), { as: owner })).json() as unknown as { data: RoleBody[] };
    expect(data.map(({ name }) => name)).toEqual(['Approvers', 'Readers']);
    const etag = String((await service.call('GET', at(owner, role.id), { as: owner })).headers['etag']);
    expect((await change(owner, role.id, { name: 'Lookers' }, { 'if-match': etag })).json()).toMatchObject({ name: 'Lookers', capabilities: role.capabilities });
    expect(codeOf(await change(owner, role.id, { name: 'Late' }, { 'if-match': etag }))).toEqual([412, 'precondition_failed']);
  });

  it('takes effect for whoever has it, and for their keys, with the next feed', async () => {
    const { owner } = await service.register();
    const member = await service.join(owner, { role: 'viewer' });
    const role = await made(owner);
    expect((await give(owner, member, [role.id])).status).toBe(200);
    expect(await standingOf(member)).toEqual(['file.view', 'project.view']);
    const feed = async () => (await service.database.query(`SELECT 1 FROM tenancy.revocation WHERE kind = 'memberships_changed' AND subject_id = $1`, [member.id])).length;
    const before = await feed();
    expect((await change(owner, role.id, { capabilities: ['file.view', 'api_key.create'] })).status).toBe(200);
    expect([await standingOf(member), await feed()]).toEqual([['api_key.create', 'file.view'], before + 1]);
    const key = (await service.call('POST', '/v1/api-keys', { as: { ...member, capabilities: ['api_key.create', 'file.view'] }, body: { name: 'CI', scopes: ['file.view'] } })).json() as unknown as { id: string };
    const facts = await service.call('GET', `/internal/v1/api-keys/${key.id}`, { as: gateway });
    expect(facts.json()).toMatchObject({ roles: ['viewer'], capabilities: ['api_key.create', 'file.view'], createdBy: member.id });
    await give(owner, member, []);
    expect(await standingOf(member)).toEqual([]);
  });

  it('is deleted when nobody has it', async () => {
    const { owner } = await service.register();
    const member = await service.join(owner, { role: 'viewer' });
    const role = await made(owner);
    await give(owner, member, [role.id]);
    expect(codeOf(await remove(owner, role.id))).toEqual([409, 'role_in_use']);
    await give(owner, member, []);
    expect((await remove(owner, role.id)).status).toBe(204);
    expect(codeOf(await remove(owner, role.id))).toEqual([404, 'role_not_found']);
  });

  it.each(['owner', 'Admin ', 'SELLER', 'internal_manager', 'INTERNAL_NEW', 'platform_admin'])('is not called %s', async (name) => {
    const { owner } = await service.register();
    expect(codeOf(await create(owner, { name }))).toEqual([422, 'role_name_reserved']);
  });

  it('has a name of its own in its tenant, and in no other', async () => {
    const [{ owner }, { owner: other }] = [await service.register(), await service.register()];
    await create(owner, { name: 'Readers' });
    expect(codeOf(await create(owner, { name: 'Readers' }))).toEqual([409, 'role_name_taken']);
    expect((await create(other, { name: 'Readers' })).status).toBe(201);
  });

  it('says which capabilities are not the maker’s', async () => {
    const { owner } = await service.register();
    const admin = await service.join(owner, { role: 'admin' });
    const refused = await create(admin, { capabilities: ['project.view', 'account.billing', 'tenant.suspend'] });
    expect([refused.status, refused.json()]).toEqual([403, expect.objectContaining({
      code: 'role_capabilities_invalid',
      errors: [{ pointer: '/capabilities/1', detail: 'is not one that the caller has' }, { pointer: '/capabilities/2', detail: 'is not a capability of a tenant' }],
    })]);
    // Nor does it decide over a role that reaches further than it does.
    const role = await made(owner, { capabilities: ['account.billing'] });
    for (const answer of [await change(admin, role.id, { name: 'Other' }), await change(admin, role.id, { capabilities: ['project.view'] }), await remove(admin, role.id)]) {
      expect(codeOf(answer)).toEqual([403, 'role_capabilities_invalid']);
    }
  });

  it('is one of fifty at the most, also when many are made at once', async () => {
    const { owner } = await service.register();
    const answers = [];
    for (let batch = 0; batch < 6; batch += 1) answers.push(...(await Promise.all(Array.from({ length: 9 }, () => create(owner)))));
    const made = answers.filter(({ status }) => status === 201).length;
    expect([made, answers.find(({ status }) => status !== 201)?.json()['code']]).toEqual([50, 'roles_too_many']);
  });

  it('is not found by another tenant, and cannot be given there', async () => {
    const [{ owner }, { owner: stranger }] = [await service.register(), await service.register()];
    const role = await made(owner);
    const calls = [
      service.call('GET', at(owner, role.id), { as: stranger }),
      service.call('GET', at(owner), { as: stranger }),
      service.call('GET', at(stranger, role.id), { as: stranger }),
      change(stranger, role.id, { name: 'Mine' }),
      remove(stranger, role.id),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(codeOf(await give(stranger, stranger, [role.id]))).toEqual([422, 'custom_role_unknown']);
  });
});
