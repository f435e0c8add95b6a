import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { LegalHolds } from './legal-holds.js';

describe('legal holds', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let transactor: Transactor;
  let holds: LegalHolds;
  beforeAll(async () => {
    service = await bootTenantService();
    transactor = service.app.get(Transactor, { strict: false });
    holds = service.app.get(LegalHolds, { strict: false });
  });
  afterAll(() => service.close());

  const operator: Principal = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] };
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const idOf = ({ json }: { json(): Record<string, unknown> }) => String(json()['id']);
  const place = (as: Principal, tenantId: string, body: object = {}) => service.call('POST', `/v1/tenants/${tenantId}/legal-holds`, { as, body: { reason: 'a claim', ...body } });
  const placeAny = (body: object, as = operator) => service.call('POST', '/v1/admin/legal-holds', { as, body: { reason: 'a court order', ...body } });
  const release = (as: Principal, tenantId: string, id: string) => service.call('POST', `/v1/tenants/${tenantId}/legal-holds/${id}/release`, { as, body: { reason: 'settled' } });
  const releaseAny = (id: string) => service.call('POST', `/v1/admin/legal-holds/${id}/release`, { as: operator, body: { reason: 'lifted' } });
  /** As a feature that deletes asks: in its own transaction, which speaks for the person. */
  const deletable = async (what: { tenantId?: string; accountId?: string }) => {
    const scope = { tenantId: null, principalId: what.accountId ?? null, deferCommit: false };
    return await transactor.run(scope, (tx) => holds.requireNone(tx, what)).then(() => 'free', (error: { code?: string; status?: number }) => `${error.status} ${error.code}`);
  };
  const setup = async () => {
    const { owner, tenant, user } = await service.register();
    const member = await service.join(owner, { role: 'member' });
    return { owner, tenantId: tenant.id, ownerId: user.id, member, memberId: member.id ?? '' };
  };

  it('on a tenant hold it and its members, and nobody else', async () => {
    const [{ owner, tenantId, memberId }, other] = [await setup(), await setup()];
    const placed = await place(owner, tenantId);
    expect(placed.json()).toMatchObject({ tenantId, accountId: null, reason: 'a claim', placedBy: owner.id, byOperator: false, releasedAt: null });
    expect(placed.status).toBe(201);
    expect([await deletable({ tenantId }), await deletable({ accountId: memberId }), await deletable({ tenantId, accountId: memberId })]).toEqual(Array(3).fill('409 legal_hold'));
    expect([await deletable({ tenantId: other.tenantId }), await deletable({ accountId: other.memberId }), await deletable({ tenantId: other.tenantId, accountId: memberId })]).toEqual(Array(3).fill('free'));
    expect((await release(owner, tenantId, idOf(placed))).json()).toMatchObject({ releaseReason: 'settled', releasedBy: owner.id });
    expect(await deletable({ accountId: memberId })).toBe('free');
  });

  it('on a member hold what the person has in the tenant, and the account, also once the member has left', async () => {
    const { owner, tenantId, ownerId, member, memberId } = await setup();
    expect((await place(owner, tenantId, { accountId: memberId })).status).toBe(201);
    expect([await deletable({ accountId: memberId }), await deletable({ tenantId, accountId: memberId })]).toEqual(['409 legal_hold', '409 legal_hold']);
    expect([await deletable({ accountId: ownerId }), await deletable({ tenantId })]).toEqual(['free', 'free']);
    expect((await service.call('POST', `/v1/tenants/${tenantId}/leave`, { as: member })).status).toBe(204);
    expect(await deletable({ accountId: memberId })).toBe('409 legal_hold');
  });

  it('of the platform on a person hold everywhere, and no tenant sees them', async () => {
    const { owner, tenantId, memberId } = await setup();
    const placed = await placeAny({ accountId: memberId });
    expect([placed.status, placed.json()['tenantId']]).toEqual([201, null]);
    expect([await deletable({ accountId: memberId }), await deletable({ tenantId, accountId: memberId })]).toEqual(['409 legal_hold', '409 legal_hold']);
    expect((await service.call('GET', `/v1/tenants/${tenantId}/legal-holds`, { as: owner })).json()['data']).toEqual([]);
    expect(codeOf(await release(owner, tenantId, idOf(placed)))).toEqual([404, 'legal_hold_not_found']);
    expect((await releaseAny(idOf(placed))).status).toBe(200);
    expect(await deletable({ accountId: memberId })).toBe('free');
  });

  it('are several on one thing, each of which holds by itself', async () => {
    const { owner, tenantId, memberId } = await setup();
    const [first, second] = [idOf(await place(owner, tenantId, { accountId: memberId })), idOf(await placeAny({ tenantId, accountId: memberId }))];
    await release(owner, tenantId, first);
    expect(await deletable({ accountId: memberId })).toBe('409 legal_hold');
    expect(codeOf(await release(owner, tenantId, second))).toEqual([403, 'legal_hold_of_platform']);
    expect(codeOf(await release(owner, tenantId, first))).toEqual([409, 'legal_hold_released']);
    await releaseAny(second);
    expect(await deletable({ accountId: memberId })).toBe('free');
    const listed = (await service.call('GET', `/v1/tenants/${tenantId}/legal-holds`, { as: owner })).json()['data'] as unknown as { id: string; byOperator: boolean }[];
    expect(listed.map(({ id, byOperator }) => [id, byOperator])).toEqual([[second, true], [first, false]]);
  });

  it('stand in the trail of whom they are on, and are told by ids alone', async () => {
    const { owner, tenantId, memberId } = await setup();
    const id = idOf(await placeAny({ tenantId, accountId: memberId }));
    await releaseAny(id);
    const rows = await service.database.query<{ type: string; tenant_id: string; payload: { action?: string; reason?: string } }>(
      `SELECT event_type AS type, tenant_id, payload FROM tenancy.event_outbox WHERE tenant_id = $1 AND (event_type LIKE 'legal_hold.%' OR payload ->> 'action' LIKE 'legal_hold.%') ORDER BY sequence`,
      [tenantId],
    );
    expect(rows.filter(({ type }) => type !== 'audit.recorded').map(({ type, payload }) => [type, payload])).toEqual([
      ['legal_hold.placed', { holdId: id, tenantId, accountId: memberId }],
      ['legal_hold.released', { holdId: id, tenantId, accountId: memberId }],
    ]);
    expect(rows.flatMap(({ payload }) => (payload.action === undefined ? [] : [[payload.action, payload.reason]]))).toEqual([['legal_hold.place', 'a court order'], ['legal_hold.release', 'lifted']]);
    expect(owner.tenantId).toBe(tenantId);
  });

  it("are not placed on strangers, seen or released by another tenant, nor managed by who is not the owner", async () => {
    const [one, other] = [await setup(), await setup()];
    expect(codeOf(await place(one.owner, one.tenantId, { accountId: other.memberId }))).toEqual([404, 'member_not_found']);
    const id = idOf(await place(one.owner, one.tenantId));
    expect((await service.call('GET', `/v1/tenants/${one.tenantId}/legal-holds`, { as: other.owner })).status).toBe(404);
    expect((await release(other.owner, one.tenantId, id)).status).toBe(404);
    expect(codeOf(await release(other.owner, other.tenantId, id))).toEqual([404, 'legal_hold_not_found']);
    expect((await place(one.member, one.tenantId)).status).toBe(403);
    expect((await placeAny({ tenantId: one.tenantId }, one.owner)).status).toBe(403);
    expect((await placeAny({ tenantId: one.tenantId }, { ...operator, roles: ['PLATFORM_VIEWER'] })).status).toBe(403);
    expect(await deletable({ tenantId: one.tenantId })).toBe('409 legal_hold');
  });

  it.each([[{}], [{ tenantId: newId() }]])('are not on nothing: %j', async (body) => {
    expect(codeOf(await placeAny(body))).toEqual([422, 'legal_hold_on_nothing']);
  });

  it('are listed over all tenants for operators, by tenant and by person', async () => {
    const { owner, tenantId, memberId } = await setup();
    await place(owner, tenantId);
    await placeAny({ accountId: memberId });
    const list = async (query: string) => ((await service.call('GET', `/v1/admin/legal-holds?${query}`, { as: operator })).json()['data'] as unknown as unknown[]).length;
    expect([await list(`tenantId=${tenantId}`), await list(`accountId=${memberId}`), await list(`tenantId=${tenantId}&accountId=${memberId}`)]).toEqual([1, 1, 0]);
    const page = (await service.call('GET', '/v1/admin/legal-holds?limit=1', { as: operator })).json() as unknown as { data: unknown[]; nextCursor: string };
    expect([page.data.length, (await service.call('GET', `/v1/admin/legal-holds?limit=1&cursor=${page.nextCursor}`, { as: operator })).status]).toEqual([1, 200]);
  });

  it('wait for a deletion that is under way, and one that begins behind them finds them', async () => {
    const { owner, tenantId, memberId } = await setup();
    let deleted: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (deleted = resolve));
    let asked: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (asked = resolve));
    const deleting = transactor.run({ tenantId: null, principalId: memberId, deferCommit: false }, async (tx) => {
      await holds.requireNone(tx, { accountId: memberId });
      asked();
      await end;
    });
    await begun;
    let placed = false;
    const placing = place(owner, tenantId, { accountId: memberId }).then((answer) => {
      placed = true;
      return answer.status;
    });
    const waiting = await service.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
    );
    expect([placed, waiting.length]).toEqual([false, 1]);
    deleted();
    await deleting;
    expect(await placing).toBe(201);
    expect(await deletable({ accountId: memberId })).toBe('409 legal_hold');
  });

  it('that cannot be asked let nothing be deleted', async () => {
    const { memberId } = await setup();
    await service.database.query('ALTER FUNCTION tenancy.legal_holds_on(UUID, UUID) RENAME TO legal_holds_gone');
    try {
      expect(await deletable({ accountId: memberId })).not.toBe('free');
    } finally {
      await service.database.query('ALTER FUNCTION tenancy.legal_holds_gone(UUID, UUID) RENAME TO legal_holds_on');
    }
  });
});
