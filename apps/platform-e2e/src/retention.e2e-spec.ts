import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

describe('retention and legal holds', () => {
  const stack = runningStack();
  const { gateway } = stack;

  interface Preview {
    readonly dataClass: string;
    readonly due: number;
    readonly held: number;
    readonly holds: readonly { readonly reason: string | null }[];
  }

  it('delete what a tenant no longer keeps, count it in its trail, and leave what is held until that is released', async () => {
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const owner = await stack.newTenant('Of retention');
    const at = `/v1/tenants/${owner.tenantId}`;
    const { token } = owner;
    expect((await gateway.call('PUT', `${at}/retention/ended_invitations`, { token, body: { days: 7 } })).status).toBe(200);
    const invited = await gateway.call<{ id: string }>('POST', `${at}/invitations`, { token, body: { email: 'somebody@plinth.example', role: 'viewer' } });
    expect((await gateway.call('DELETE', `${at}/invitations/${invited.body.id}`, { token })).status).toBe(204);
    // Eight days later.
    await stack.tamper(`UPDATE tenancy.invitation SET revoked_at = revoked_at - interval '8 days' WHERE id = $1`, [invited.body.id]);

    const hold = await gateway.call<{ id: string }>('POST', `${at}/legal-holds`, { token, body: { reason: 'a claim' } });
    expect(hold.status).toBe(201);
    const preview = async () => (await gateway.call<{ data: Preview[] }>('GET', `${at}/retention/preview`, { token })).body.data.find(({ dataClass }) => dataClass === 'ended_invitations');
    expect(await preview()).toMatchObject({ due: 0, held: 1, holds: [{ reason: 'a claim' }] });

    // Of a run that is under way the same is answered: whoever waits for the end of the newest has had one that began later.
    const runJob = async () => {
      expect((await gateway.call('POST', '/v1/admin/jobs/enforce_retention/run', { token: operator })).status).toBe(202);
      return await eventually(
        async () => {
          const { body } = await gateway.call<{ data: { outcome: string | null }[] }>('GET', '/v1/admin/jobs/enforce_retention/runs?limit=1', { token: operator });
          const [newest] = body.data;
          if (newest === undefined || newest.outcome === null) throw new Error('the run has not ended');
          return newest.outcome;
        },
        { withinMs: 30_000 },
      );
    };
    const invitations = async () => (await gateway.call<{ data: unknown[] }>('GET', `${at}/invitations`, { token })).body.data.length;
    expect([await runJob(), await invitations()]).toEqual(['succeeded', 1]);

    expect((await gateway.call('POST', `${at}/legal-holds/${hold.body.id}/release`, { token, body: { reason: 'settled' } })).status).toBe(200);
    expect(await preview()).toMatchObject({ due: 1, held: 0 });
    expect([await runJob(), await invitations()]).toEqual(['succeeded', 0]);
    await eventually(
      async () => {
        const deleted = (await stack.auditEntries(owner)).filter(({ action }) => action === 'retention.delete');
        expect(deleted).toEqual([expect.objectContaining({ actor: { type: 'service', id: 'scheduler' }, after: { dataClass: 'ended_invitations', deleted: 1 } })]);
      },
      { withinMs: 30_000 },
    );
  });
});
