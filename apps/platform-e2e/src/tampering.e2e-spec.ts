import type { SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

interface Verification {
  readonly valid?: boolean;
  readonly code?: string;
  readonly firstBrokenSequence?: number;
  readonly findings?: readonly { readonly sequence: number; readonly kind: string; readonly detail: string }[];
}

describe('the audit trail, tampered with by SQL', () => {
  const stack = runningStack();
  let owner: SignedIn;

  beforeEach(async () => {
    owner = await stack.newTenant();
    for (const name of ['A', 'B', 'C']) {
      await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name } });
    }
    // Sign-up, sign-in and three changes; then the verification, whose own entry is the last.
    await eventually(async () => expect(await stack.auditEntries(owner)).toHaveLength(5));
    expect((await verify()).body).toMatchObject({ valid: true });
    await eventually(async () => expect(await stack.auditEntries(owner)).toHaveLength(6));
  });

  const verify = () => stack.gateway.call<Verification>('POST', '/v1/audit/verify', { token: owner.token });
  const at = (sequence: number) => [owner.tenantId, sequence];

  it.each([
    ['an edited action', 'altered', 3, [`UPDATE audit.entry SET action = 'tenant.read' WHERE tenant_id = $1 AND sequence = 3`]],
    ['an edited outcome', 'altered', 2, [`UPDATE audit.entry SET outcome = 'failure' WHERE tenant_id = $1 AND sequence = 2`]],
    ['an edited value', 'altered', 4, [`UPDATE audit.entry SET after = jsonb_set(after, '{name}', '"Z"') WHERE tenant_id = $1 AND sequence = 4`]],
    ['a moved time', 'altered', 1, [`UPDATE audit.entry SET occurred_at = occurred_at - interval '1 day' WHERE tenant_id = $1 AND sequence = 1`]],
    ['a row deleted in the middle', 'missing', 3, ['DELETE FROM audit.entry WHERE tenant_id = $1 AND sequence = 3', 'DELETE FROM audit.leaf WHERE tenant_id = $1 AND sequence = 3']],
    ['the last row deleted', 'truncated', 6, ['DELETE FROM audit.entry WHERE tenant_id = $1 AND sequence = 6', 'DELETE FROM audit.leaf WHERE tenant_id = $1 AND sequence = 6']],
    ['two rows in another order', 'reordered', 3, [
      'UPDATE audit.entry SET sequence = -1 WHERE tenant_id = $1 AND sequence = 3',
      'UPDATE audit.entry SET sequence = 3 WHERE tenant_id = $1 AND sequence = 4',
      'UPDATE audit.entry SET sequence = 4 WHERE tenant_id = $1 AND sequence = -1',
    ]],
  ])('finds %s', async (_, kind, sequence, statements) => {
    for (const sql of statements) await stack.tamper(sql, [owner.tenantId]);
    const answer = await verify();
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: 'audit_chain_broken', firstBrokenSequence: sequence });
    expect(answer.body.findings?.map((finding) => finding.kind)).toContain(kind);
  });

  it('finds an inserted row', async () => {
    await stack.tamper(
      `INSERT INTO audit.entry SELECT (jsonb_populate_record(e, jsonb_build_object('sequence', 99, 'id', gen_random_uuid()))).* FROM audit.entry e WHERE tenant_id = $1 AND sequence = $2`,
      at(3),
    );
    const answer = await verify();
    expect(answer.status).toBe(409);
    expect(answer.body.findings?.map(({ kind }) => kind)).toContain('inserted');
  });

  it("finds another tenant's row moved in", async () => {
    const other = await stack.newTenant();
    await eventually(async () => expect(await stack.auditEntries(other)).toHaveLength(2));
    await stack.tamper('DELETE FROM audit.entry WHERE tenant_id = $1 AND sequence = 2', [owner.tenantId]);
    await stack.tamper('UPDATE audit.entry SET tenant_id = $1 WHERE tenant_id = $2 AND sequence = 2', [owner.tenantId, other.tenantId]);
    const answer = await verify();
    expect(answer.status).toBe(409);
    expect(answer.body.firstBrokenSequence).toBe(2);
  });

  it('is valid again with the original bytes back', async () => {
    await stack.tamper(`UPDATE audit.entry SET action = 'x' || action WHERE tenant_id = $1 AND sequence = $2`, at(3));
    expect((await verify()).status).toBe(409);
    await stack.tamper(`UPDATE audit.entry SET action = substr(action, 2) WHERE tenant_id = $1 AND sequence = $2`, at(3));
    expect((await verify()).body).toMatchObject({ valid: true });
  });

  it('refuses changes as the service and, while its triggers stand, as anyone', async () => {
    const change = (sql: string) => expect(stack.query(sql, [owner.tenantId])).rejects.toThrow();
    await change('UPDATE audit.entry SET action = action WHERE tenant_id = $1');
    await change('DELETE FROM audit.leaf WHERE tenant_id = $1');
    await expect(stack.query('TRUNCATE audit.entry')).rejects.toThrow();
  });
});
