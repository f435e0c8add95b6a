import { newId } from '@plinth/kernel';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';

interface Page {
  readonly data: { sequence: number; id: string }[];
  readonly nextCursor: string | null;
}

let service: AuditServiceUnderTest;
beforeAll(async () => {
  service = await bootAuditService();
});
afterAll(() => service.close());

function setup() {
  const tenantId = newId();
  const owner = memberOf(tenantId);
  const get = (query: string, as = owner) => service.call('GET', `/v1/audit/entries${query}`, as);
  const page = async (query: string, as = owner) => (await get(query, as)).json() as unknown as Page;
  const sequences = async (query: string) => (await page(query)).data.map(({ sequence }) => sequence);
  return { tenantId, owner, get, page, sequences };
}

describe('GET /v1/audit/entries', () => {
  it('answers the newest first, each with all that was recorded', async () => {
    const { tenantId, page } = setup();
    const [first, second] = [somePayload(tenantId), somePayload(tenantId, { reason: 'renamed' })];
    await service.record(first, second);
    const leaves = await service.database.query('SELECT hash, previous_hash FROM audit.leaf WHERE tenant_id = $1 ORDER BY sequence', [tenantId]);
    const { data, nextCursor } = await page('');
    expect(nextCursor).toBeNull();
    expect(data.map(({ id }) => id)).toEqual([second.entryId, first.entryId]);
    expect(data[0]).toEqual({
      id: second.entryId,
      sequence: 2,
      occurredAt: '2026-11-22T08:00:00.123Z',
      actor: { type: 'user', id: '0199c5f2-7d31-7c52-9a44-1f0e5b8f2a10' },
      action: 'tenant.update',
      resource: { type: 'tenant', id: tenantId },
      outcome: 'success',
      ip: '203.0.113.7',
      userAgent: 'Example/1.0',
      requestId: 'req-1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      reason: 'renamed',
      before: { name: 'Acme', settings: { theme: 'light' } },
      after: { name: 'Acme Ltd', settings: { theme: 'dark' }, contactEmail: 'jane@example.com' },
      diff: {
        changed: { name: { before: 'Acme', after: 'Acme Ltd' }, 'settings.theme': { before: 'light', after: 'dark' } },
        added: { contactEmail: 'jane@example.com' },
        removed: {},
      },
      erased: [],
      hash: leaves[1]?.['hash'],
      previousHash: leaves[0]?.['hash'],
    });
  });

  it('narrows by every filter, alone and together', async () => {
    const { tenantId, sequences } = setup();
    const actor = { type: 'api_key', id: newId() };
    await service.record(
      somePayload(tenantId, { actor, occurredAt: '2026-11-20T00:00:00.000Z' }),
      somePayload(tenantId, { action: 'user.login', outcome: 'failure', occurredAt: '2026-11-21T00:00:00.000Z' }),
      somePayload(tenantId, { resource: { type: 'api_key', id: 'key-1' }, occurredAt: '2026-11-22T00:00:00.000Z' }),
      somePayload(tenantId, { resource: { type: 'api_key', id: 'key-2' }, outcome: 'denied', actor, occurredAt: '2026-11-23T00:00:00.000Z' }),
    );
    expect(await sequences(`?actor=${actor.id}`)).toEqual([4, 1]);
    expect(await sequences('?action=user.login')).toEqual([2]);
    expect(await sequences('?resourceType=api_key')).toEqual([4, 3]);
    expect(await sequences('?resourceType=api_key&resourceId=key-1')).toEqual([3]);
    expect(await sequences('?outcome=denied')).toEqual([4]);
    expect(await sequences('?from=2026-11-21T00:00:00Z&to=2026-11-23T00:00:00Z')).toEqual([3, 2]);
    expect(await sequences('?from=2026-11-22&to=2026-11-22T02:00:00%2B01:00')).toEqual([3]);
    expect(await sequences(`?actor=${actor.id}&outcome=denied&resourceType=api_key`)).toEqual([4]);
    expect(await sequences('?action=nothing')).toEqual([]);
  });

  it('searches text as it is, in any case, and no personal value', async () => {
    const { tenantId, sequences } = setup();
    await service.record(
      somePayload(tenantId, { reason: '100% of O\'Neil_"s" \\ budget' }),
      somePayload(tenantId, { after: { note: 'Größe', mail: 'joe@example.com' }, personal: ['/after/mail'] }),
    );
    const search = (text: string) => sequences(`?q=${encodeURIComponent(text).replaceAll("'", '%27')}`);
    expect(await search("100% of o'neil_")).toEqual([1]);
    expect(await search('0%o')).toEqual([]);
    expect(await search('_"S" \\')).toEqual([1]);
    expect(await search('größe')).toEqual([2]);
    expect(await search('TENANT.UPDATE')).toEqual([2, 1]);
    expect(await search('joe@example.com')).toEqual([]);
    expect(await search('203.0.113.7')).toEqual([]);
    expect(await search("'; DROP TABLE audit.entry; --")).toEqual([]);
  });

  it('pages through without loss or repetition while entries arrive', async () => {
    const { tenantId, page } = setup();
    await service.record(...Array.from({ length: 7 }, () => somePayload(tenantId)));
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { data, nextCursor }: Page = await page(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...data.map(({ sequence }) => sequence));
      await service.record(somePayload(tenantId));
      cursor = nextCursor;
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it('answers 50 at a time, up to 200 where asked', async () => {
    const { tenantId, page } = setup();
    await service.record(...Array.from({ length: 201 }, () => somePayload(tenantId)));
    expect((await page('')).data).toHaveLength(50);
    const full = await page('?limit=200');
    expect([full.data.length, full.nextCursor === null]).toEqual([200, false]);
    expect((await page(`?limit=200&cursor=${full.nextCursor}`)).data).toHaveLength(1);
  });

  it.each(['limit=0', 'limit=201', 'limit=-1', 'limit=1e1', 'limit=ten', 'limit=5&limit=6', 'limit='])('answers 400 to %s', async (query) => {
    expect((await setup().get(`?${query}`)).status).toBe(400);
  });

  it.each([
    'outcome=maybe',
    'from=yesterday',
    'from=2026-13-01T00:00:00Z',
    'from=2026-02-30',
    'to=2026-11-22T08:00:00',
    'actor=a&actor=b',
    'actor[$ne]=x',
    'q=',
    `q=${'x'.repeat(201)}`,
    'tenantId=0199c5f2-7d31-7c52-9a44-1f0e5b8f2a10',
    'action=%00',
    'action=%ff',
  ])('answers 400 to %s', async (query) => {
    const answer = await setup().get(`?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('refuses a cursor that was edited, or is of another tenant or another filter', async () => {
    const { tenantId, get, page } = setup();
    const stranger = setup();
    await service.record(...Array.from({ length: 3 }, () => somePayload(tenantId)));
    const cursor = (await page('?limit=1&action=tenant.update')).nextCursor ?? '';
    expect((await get(`?action=tenant.update&limit=2&cursor=${cursor}`)).status).toBe(200);
    const refused = [
      await get(`?cursor=${cursor}`),
      await get(`?action=tenant.read&cursor=${cursor}`),
      await get(`?action=tenant.update&cursor=${cursor}x`),
      await get('?cursor=Mw'),
      await stranger.get(`?action=tenant.update&cursor=${cursor}`),
    ];
    for (const answer of refused) expect([answer.status, answer.json()['code']]).toEqual([400, 'cursor_invalid']);
  });

  it('shows no other tenant, however it is asked', async () => {
    const { tenantId } = setup();
    const stranger = setup();
    await service.record(somePayload(tenantId));
    expect(await stranger.sequences('')).toEqual([]);
    expect(await stranger.sequences(`?resourceId=${tenantId}`)).toEqual([]);
  });

  it('still answers where rows were tampered with beyond reading', async () => {
    const { tenantId, page } = setup();
    await service.record(...Array.from({ length: 4 }, () => somePayload(tenantId)));
    const at = (sequence: number) => `WHERE tenant_id = '${tenantId}' AND sequence = ${sequence}`;
    await service.tamper(`
      UPDATE audit.entry SET personal = '[]' ${at(1)};
      UPDATE audit.entry SET occurred_at = 'infinity', before = '{"a": 1e400}', after = '[1]' ${at(2)};
      UPDATE audit.entry SET after = ('[' || repeat('[', 5000) || repeat(']', 5000) || ']')::jsonb ${at(3)};
      DELETE FROM audit.leaf ${at(4)}`);
    const { data } = await page('');
    expect(data).toMatchObject([
      { sequence: 4, hash: null, previousHash: null, ip: '203.0.113.7' },
      { sequence: 3, after: null },
      { sequence: 2, occurredAt: null },
      { sequence: 1, ip: null, action: 'tenant.update' },
    ]);
  });

  it('is for owners and admins', async () => {
    const { tenantId, get } = setup();
    const statuses = await Promise.all(['owner', 'admin', 'member', 'viewer'].map(async (role) => (await get('', memberOf(tenantId, role))).status));
    expect(statuses).toEqual([200, 200, 403, 403]);
  });

  it('answers nobody who comes past the gateway', async () => {
    const answer = await service.app.inject({ method: 'GET', url: '/v1/audit/entries', headers: { 'x-tenant-id': newId() } });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'identity_invalid']);
  });
});

describe('GET /v1/audit/entries/{id}', () => {
  it('answers the entry', async () => {
    const { tenantId, get, page } = setup();
    const payload = somePayload(tenantId);
    await service.record(payload);
    const answer = await get(`/${payload.entryId.toUpperCase()}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual((await page('')).data[0]);
  });

  it('answers 404 to an id that is not there or is of another tenant, and 400 to what is no id', async () => {
    const { tenantId, get } = setup();
    const payload = somePayload(tenantId);
    await service.record(payload);
    const stranger = setup();
    expect([(await get(`/${newId()}`)).status, (await get(`/${newId()}`)).json()['code']]).toEqual([404, 'audit_entry_not_found']);
    expect((await stranger.get(`/${payload.entryId}`)).status).toBe(404);
    for (const id of ['1', 'not-a-uuid', `${payload.entryId}x`, "'%20OR%201=1"]) expect((await get(`/${id}`)).status).toBe(400);
  });

  it('answers 405 with Allow to another method: entries cannot be deleted', async () => {
    const { owner } = setup();
    const answer = await service.call('DELETE', `/v1/audit/entries/${newId()}`, owner);
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});
