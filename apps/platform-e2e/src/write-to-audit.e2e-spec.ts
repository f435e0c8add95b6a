import { randomUUID } from 'node:crypto';
import { findEvent, type SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

describe('a write, followed from the gateway to the audit trail', () => {
  const stack = runningStack();
  const { gateway } = stack;
  let owner: SignedIn;

  beforeAll(async () => {
    owner = await stack.newTenant();
  });

  const rename = (name: string, headers: Record<string, string> = {}) =>
    gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name }, headers });

  it('shows who did what, from where, with before, after and diff', async () => {
    const requestId = randomUUID();
    const answer = await rename('Renamed', { 'x-request-id': requestId, 'user-agent': 'e2e/1.0' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toBe(requestId);
    const entry = await eventually(async () => {
      const found = (await stack.auditEntries(owner)).find((candidate) => candidate.requestId === requestId);
      if (found === undefined) throw new Error('the entry is not there yet');
      return found;
    });
    expect(entry).toMatchObject({
      actor: { type: 'user', id: owner.userId },
      action: 'tenant.update',
      resource: { type: 'tenant', id: owner.tenantId },
      outcome: 'success',
      ip: '127.0.0.1',
      userAgent: 'e2e/1.0',
      before: { name: 'E2E' },
      after: { name: 'Renamed' },
    });
    expect(entry.diff['changed']).toMatchObject({ name: { before: 'E2E', after: 'Renamed' } });
    expect(entry.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('chains each entry to the one before it, numbered without gap', async () => {
    await rename('Chained');
    const entries = await eventually(async () => {
      const found = await stack.auditEntries(owner);
      expect(found[0]?.after).toMatchObject({ name: 'Chained' });
      return found.toReversed();
    });
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
    entries.slice(1).forEach((entry, index) => expect(entry.previousHash).toBe(entries[index]?.hash));
  });

  it('publishes the event as a CloudEvent, keyed by its aggregate, with the id of its outbox row', async () => {
    await rename('Published');
    const [row] = await stack.query<{ id: string; aggregate_version: string }>(
      `SELECT id, aggregate_version FROM tenancy.event_outbox WHERE aggregate_id = $1 AND event_type = 'tenant.updated' ORDER BY sequence DESC LIMIT 1`,
      [owner.tenantId],
    );
    const event = await findEvent(stack.facts.kafkaBrokers, 'plinth.tenancy', row?.id ?? '');
    const header = (name: string) => event.headers[name];
    expect(event.key).toBe(owner.tenantId);
    expect(header('ce_specversion')).toBe('1.0');
    expect(header('ce_type')).toBe('tenant.updated.v1');
    expect(header('ce_eventversion')).toBe('1');
    expect(header('ce_sequence')).toBe(row?.aggregate_version);
    expect(header('ce_aggregatetype')).toBe('tenant');
    expect(header('ce_tenantid')).toBe(owner.tenantId);
    expect(header('ce_traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    expect(JSON.parse(event.value)).toEqual({ tenantId: owner.tenantId, changed: ['name'] });
  });

  it('verifies the trail, and the verification shows in it', async () => {
    const answer = await gateway.call('POST', '/v1/audit/verify', { token: owner.token, idempotencyKey: null });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ valid: true });
    await eventually(async () => expect((await stack.auditEntries(owner, '?action=audit.verify')).length).toBeGreaterThan(0));
  });

  it("keeps another tenant's trail out of sight", async () => {
    const other = await stack.newTenant();
    await eventually(async () => expect((await stack.auditEntries(other)).length).toBeGreaterThan(0));
    const mine = await stack.auditEntries(owner);
    const theirs = await stack.auditEntries(other);
    expect(theirs.filter(({ id }) => mine.some((entry) => entry.id === id))).toEqual([]);
    const read = await gateway.call('GET', `/v1/audit/entries/${mine[0]?.id}`, { token: other.token });
    expect(read.status).toBe(404);
  });

  it('has one row, one event and one entry for 50 identical keyed POSTs at once, and one answer', async () => {
    const idempotencyKey = randomUUID();
    const name = `made once ${idempotencyKey}`;
    const send = () => gateway.call('POST', '/v1/api-keys', { token: owner.token, body: { name, scopes: ['tenant.read'] }, idempotencyKey });
    const answers = await Promise.all(Array.from({ length: 50 }, send));
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    const made = answers.filter(({ status }) => status === 201);
    // The key is shown once, and each of them shows that one.
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    const replay = await send();
    expect([replay.headers.get('idempotent-replayed'), replay.text]).toEqual(['true', made[0]?.text]);
    const [kept] = await stack.query(
      `SELECT (SELECT count(*)::int FROM tenancy.api_key WHERE name = $1) AS rows,
              (SELECT count(*)::int FROM tenancy.event_outbox WHERE event_type = 'api_key.created' AND tenant_id = $2) AS events`,
      [name, owner.tenantId],
    );
    expect(kept).toEqual({ rows: 1, events: 1 });
    await eventually(async () => expect((await stack.auditEntries(owner, '?action=api_key.create')).length).toBe(1));
    await rename('Behind them');
    await eventually(async () => expect((await stack.auditEntries(owner, '?action=tenant.update'))[0]?.after).toMatchObject({ name: 'Behind them' }));
    expect(await stack.auditEntries(owner, '?action=api_key.create')).toHaveLength(1);
  });
});
