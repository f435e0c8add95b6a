import { dataMap } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootAiGateway, someCaller, type AiGatewayUnderTest } from '../testing.js';
import type { ExportedUsage } from './usage-exports.service.js';

describe('the use of models, for an archive', () => {
  let service: AiGatewayUnderTest;
  beforeAll(async () => {
    service = await bootAiGateway();
  });
  afterAll(() => service.close());

  /** tenant-service, which asks in a tenant's name. */
  const asking = (tenantId: string | null): Principal => ({ type: 'service', id: 'tenant-service', tenantId, roles: [] });
  const page = async (as: Principal, query = '') => {
    const answer = await service.call(`/internal/v1/exports/usage${query}`, as);
    return { status: answer.status, ...((await answer.json()) as { data: ExportedUsage[]; next: string | null }) };
  };
  const used = async (as: Principal) => {
    const answer = await service.chat(as, { model: 'sim-chat', messages: [{ role: 'user', content: 'hello' }] });
    expect(answer.status).toBe(200);
    await answer.text();
  };

  it('holds every column of every call of the tenant, newest first, or of one person’s own calls, and nothing of another tenant', async () => {
    const key = someCaller();
    const person: Principal = { type: 'user', id: newId(), tenantId: key.tenantId, roles: ['member'], sessionId: newId() };
    for (const caller of [key, person, someCaller()]) await used(caller);
    const all = await page(asking(key.tenantId));
    expect(all.data.map(({ principalType, principalId, tenantId }) => [principalType, principalId, tenantId])).toEqual([
      ['user', person.id, key.tenantId],
      ['api_key', key.id, key.tenantId],
    ]);
    const { personal = {}, impersonal = {} } = dataMap['ai-gateway']['usage_record'] ?? {};
    const columns = [...Object.values(personal), ...Object.values(impersonal)].flat().map((column) => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
    expect(Object.keys(all.data[0] ?? {}).toSorted()).toEqual(columns.toSorted());
    expect((await page(asking(key.tenantId), `?person=${person.id}`)).data).toEqual([all.data[0]]);
    expect((await page(asking(newId()))).data).toEqual([]);
  });

  it('comes in parts of a thousand, also where many are of one moment, and none is left out or told twice', async () => {
    const tenantId = newId();
    await service.database.query(
      `INSERT INTO ai.usage_record SELECT gen_random_uuid(), $1, 'user', $1, 'openai', 'm', 'm', false, 1, 2, false, 'completed', NULL, 3, 'request-0001', '2026-11-22T08:00:00.123Z' FROM generate_series(1, 1005)`,
      [tenantId],
    );
    const first = await page(asking(tenantId));
    const second = await page(asking(tenantId), `?before=${first.next}`);
    expect([first.data.length, second.data.length]).toEqual([1_000, 5]);
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(1_005);
    expect(await page(asking(tenantId), `?before=${second.next}`)).toEqual({ status: 200, data: [], next: null });
  });

  it('is for services alone, in a tenant that their identity names', async () => {
    expect((await page(asking(null))).status).toBe(403);
    expect((await page({ type: 'user', id: newId(), tenantId: newId(), roles: ['owner'] })).status).toBe(403);
  });
});
