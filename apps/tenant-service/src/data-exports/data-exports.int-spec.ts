import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { KeyRing, openDocument } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { platformLogId } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { bootTenantService } from '../testing.js';
import { manifestType } from './archive.js';
import { ExportWorker } from './export-worker.js';
import { startOtherServices } from './testing.js';

describe('data exports', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let worker: ExportWorker;
  let keys: KeyRing;
  let others: Awaited<ReturnType<typeof startOtherServices>>;
  beforeAll(async () => {
    others = await startOtherServices();
    service = await bootTenantService({ auditServiceUrl: others.url, aiGatewayUrl: others.url });
    worker = service.app.get(ExportWorker, { strict: false });
    keys = service.app.get(KeyRing, { strict: false });
    // Made when a test says so.
    await worker.stop();
  });
  afterAll(async () => {
    await service.close();
    await others.stop();
  });

  interface View {
    readonly id: string;
    readonly status: string;
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly expiresAt: string;
  }
  type Rows = readonly Record<string, unknown>[];
  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const signedIn = async () => {
    const { owner, request, tenant, user } = await service.register();
    await service.call('POST', '/v1/auth/login', { body: { email: request.email, password: request.password } });
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.session WHERE account_id = $1', [user.id]);
    return { as: { ...owner, sessionId: session?.id ?? '' } as Principal, tenantId: tenant.id, accountId: user.id, email: request.email };
  };
  const ask = (as: Principal, path: string, password = 'correct horse battery') => service.call('POST', path, { as, body: { password } });
  const work = async () => {
    while ((await worker.runOnce(new AbortController().signal)) === 'at_once');
  };
  const made = async (as: Principal, path: string): Promise<View> => {
    const asked = await ask(as, path);
    expect(asked.status).toBe(202);
    const { id } = asked.json() as unknown as View;
    await work();
    return (await service.call('GET', `${path}/${id}`, { as })).json() as unknown as View;
  };

  /** The files of an archive by name. A reader of its own, so that what the service writes is not read by what it wrote. */
  const unpack = (archive: Buffer): Map<string, Buffer> => {
    const tar = gunzipSync(archive);
    const files = new Map<string, Buffer>();
    for (let at = 0; tar[at] !== 0; ) {
      const name = tar.toString('latin1', at, at + 100).split('\0')[0] ?? '';
      const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
      files.set(name, tar.subarray(at + 512, at + 512 + size));
      at += 512 + Math.ceil(size / 512) * 512;
    }
    return files;
  };
  const download = async (as: Principal, path: string) => {
    const { status, headers, bytes } = await service.call('GET', path, { as });
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/gzip', 'no-store']);
    return bytes;
  };
  const rowsOf = (files: Map<string, Buffer>, table: string) => JSON.parse(files.get(`data/${table}.json`)?.toString('utf8') ?? 'null') as Rows;

  it('of a person hold what there is of the person, signed, and nothing of others and no secret', async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    const member = await service.join(one.as, { role: 'member' });
    await service.call('POST', '/v1/api-keys', { as: one.as, body: { name: 'mine', scopes: ['tenant.read'] } });
    const view = await made(one.as, '/v1/auth/exports');
    expect(view).toMatchObject({ status: 'ready', tenantId: null, requestedBy: one.accountId });
    const archive = await download(one.as, `/v1/auth/exports/${view.id}/archive`);
    expect([createHash('sha256').update(archive).digest('hex'), archive.length]).toEqual([view.sha256, view.sizeBytes]);
    const files = unpack(archive);
    const manifest = JSON.parse(files.get('manifest.json')?.toString('utf8') ?? '') as { subject: object; files: { name: string; sha256: string; rows: number }[]; leftOut: { what: string; why: string }[] };
    expect(openDocument(keys, manifestType, files.get('manifest.jws')?.toString('latin1') ?? '')).toEqual(files.get('manifest.json'));
    expect(manifest.subject).toEqual({ type: 'person', id: one.accountId });
    expect(manifest.files.map(({ name }) => name)).toEqual([...files.keys()].slice(0, -2));
    for (const { name, sha256 } of manifest.files) expect(createHash('sha256').update(files.get(name) ?? '').digest('hex')).toBe(sha256);
    expect(manifest.leftOut).toContainEqual({ what: 'tenancy.account.password_hash', why: expect.any(String) });

    expect(rowsOf(files, 'account')).toEqual([expect.objectContaining({ id: one.accountId, email: one.email })]);
    expect(rowsOf(files, 'session')).toHaveLength(1);
    expect(rowsOf(files, 'consent')).toEqual(expect.arrayContaining([expect.objectContaining({ document: 'terms', textSha256: expect.stringMatching(/^[0-9a-f]{64}$/) })]));
    expect(rowsOf(files, 'membership')).toEqual([expect.objectContaining({ tenantId: one.tenantId, accountId: one.accountId, role: 'owner' })]);
    expect(rowsOf(files, 'api_key')).toEqual([expect.objectContaining({ name: 'mine', createdBy: one.accountId })]);
    const all = [...files.values()].map((file) => file.toString('utf8')).join('');
    for (const stranger of [other.accountId, other.email, other.tenantId, member.id ?? '']) expect(all).not.toContain(stranger);
    const [secrets] = await service.database.query<{ password: string; token: Buffer; key: Buffer }>(
      `SELECT a.password_hash AS password, s.refresh_token_hash AS token, k.key_hash AS key FROM tenancy.account a JOIN tenancy.session s ON s.account_id = a.id JOIN tenancy.api_key k ON k.created_by = a.id WHERE a.id = $1`,
      [one.accountId],
    );
    for (const secret of [secrets?.password, secrets?.token.toString('hex'), secrets?.key.toString('hex')]) {
      expect(secret?.length).toBeGreaterThan(10);
      expect(all).not.toContain(secret);
    }
  });

  it('of a tenant hold what there is of the tenant with its members, and nothing of another, whatever the owner belongs to beside it', async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    const member = await service.join(one.as, { role: 'viewer' });
    // The owner is a member of the other tenant, too.
    await service.database.query(`INSERT INTO tenancy.membership (tenant_id, account_id, role, created_at) VALUES ($1, $2, 'member', now())`, [other.tenantId, one.accountId]);
    const path = `/v1/tenants/${one.tenantId}/exports`;
    const view = await made(one.as, path);
    const files = unpack(await download(one.as, `${path}/${view.id}/archive`));
    expect(rowsOf(files, 'tenant')).toEqual([expect.objectContaining({ id: one.tenantId })]);
    expect(rowsOf(files, 'membership').map(({ accountId }) => accountId).toSorted()).toEqual([one.accountId, member.id].toSorted());
    expect(rowsOf(files, 'member_address').map(({ email }) => email)).toContain(one.email);
    expect(rowsOf(files, 'invitation')).toHaveLength(1);
    const all = [...files.values()].map((file) => file.toString('utf8')).join('');
    for (const stranger of [other.accountId, other.email, other.tenantId]) expect(all).not.toContain(stranger);
  });

  it('of a person hold what other services have of the person, asked for tenant by tenant in its name, of tenants that the person has left too', async () => {
    const { as, tenantId, accountId } = await signedIn();
    const host = await signedIn();
    await service.call('POST', `/v1/tenants/${host.tenantId}/invitations`, { as: host.as, body: { email: (await service.database.query<{ email: string }>('SELECT email FROM tenancy.account WHERE id = $1', [accountId]))[0]?.email, role: 'member' } });
    await service.call('POST', '/v1/invitations/accept', { as, body: { token: await service.newestMailedToken() } });
    const [invitation] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.invitation WHERE accepted_by = $1', [accountId]);
    await service.database.query('DELETE FROM tenancy.membership WHERE account_id = $1 AND tenant_id = $2', [accountId, host.tenantId]);
    others.standsIn(host.tenantId, platformLogId);
    others.has('entries-of-person', tenantId, { action: 'one' }, { action: 'two' });
    others.has('entries-of-person', host.tenantId, { action: 'of a guest' });
    others.has('entries-of-person', platformLogId, { action: 'of nobody' });
    others.has('usage', tenantId, { model: 'sim-chat' });
    others.calls.length = 0;
    const view = await made(as, '/v1/auth/exports');
    others.standsIn();
    expect(view).toMatchObject({ status: 'ready', failure: null });
    const files = unpack(await download(as, `/v1/auth/exports/${view.id}/archive`));
    const partsOf = (table: string) => [...files.keys()].filter((name) => name.startsWith(`data/${table}/`)).flatMap((name) => JSON.parse(files.get(name)?.toString('utf8') ?? '') as Rows);
    expect(partsOf('audit_entry').map(({ action }) => action).toSorted()).toEqual(['of a guest', 'of nobody', 'one', 'two']);
    expect(partsOf('ai_usage_record')).toEqual([{ model: 'sim-chat' }]);
    // What the person accepted there is found by the trail, though nothing else here says where.
    expect(rowsOf(files, 'invitation')).toEqual([expect.objectContaining({ id: invitation?.id, tenantId: host.tenantId })]);
    const asked = others.calls.filter(({ query }) => query['before'] === undefined).map(({ tenantId: of, path, query }) => [of, path, query]);
    expect(asked).toEqual(
      expect.arrayContaining([
        [null, 'logs', { person: accountId }],
        [tenantId, 'usage', { person: accountId }],
        [tenantId, 'entries-of-person', { person: accountId }],
        [host.tenantId, 'entries-of-person', { person: accountId, invitations: invitation?.id }],
        [platformLogId, 'entries-of-person', { person: accountId }],
      ]),
    );
    const manifest = JSON.parse(files.get('manifest.json')?.toString('utf8') ?? '') as { incomplete: unknown; leftOut: unknown };
    expect(manifest.incomplete).toEqual([]);
    expect(manifest.leftOut).toContainEqual({ what: 'audit.entry.actor_id', why: expect.any(String) });
  });

  it('of a tenant hold its trail with the signed end of its log, and its use of models', async () => {
    const { as, tenantId } = await signedIn();
    others.has('entries', tenantId, { entry: { sequence: 2 } }, { entry: { sequence: 1 } });
    others.has('usage', tenantId, { model: 'sim-chat' });
    others.calls.length = 0;
    const path = `/v1/tenants/${tenantId}/exports`;
    const files = unpack(await download(as, `${path}/${(await made(as, path)).id}/archive`));
    expect([...files.keys()].filter((name) => /audit_|ai_usage/.test(name))).toEqual(['data/ai_usage_record/00001.json', 'data/audit_chain_head/00001.json', 'data/audit_entry/00001.json', 'data/audit_entry/00002.json']);
    expect(rowsOf(files, 'audit_chain_head/00001')).toEqual([{ size: 2 }]);
    expect(rowsOf(files, 'audit_entry/00001')).toEqual([{ entry: { sequence: 2 } }]);
    expect(new Set(others.calls.map(({ tenantId: of, query }) => [of, query['person']].join()))).toEqual(new Set([`${tenantId},`]));
  });

  it('are asked for by the password, one at a time, five a day', async () => {
    const { as } = await signedIn();
    expect(codeOf(await ask(as, '/v1/auth/exports', 'another password'))).toEqual([403, 'password_wrong']);
    for (let taken = 0; taken < 5; taken += 1) {
      expect((await ask(as, '/v1/auth/exports')).status).toBe(202);
      if (taken === 0) expect(codeOf(await ask(as, '/v1/auth/exports'))).toEqual([409, 'export_pending']);
      await work();
    }
    expect(codeOf(await ask(as, '/v1/auth/exports'))).toEqual([429, 'exports_too_many']);
  });

  it('are taken on once where they are asked for many times at once', async () => {
    const { as } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(as, '/v1/auth/exports')));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409]);
    await work();
  });

  it("are nobody else's to see or to have: not another person's, tenant's, member's or key's", async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    const member = await service.join(one.as, { role: 'admin' });
    const own = await made(one.as, '/v1/auth/exports');
    const ofTenant = await made(one.as, `/v1/tenants/${one.tenantId}/exports`);
    for (const path of [`/v1/auth/exports/${own.id}`, `/v1/auth/exports/${own.id}/archive`, `/v1/auth/exports/${ofTenant.id}/archive`, `/v1/tenants/${other.tenantId}/exports/${ofTenant.id}/archive`, `/v1/tenants/${other.tenantId}/exports/${own.id}`]) {
      expect(codeOf(await service.call('GET', path, { as: other.as }))).toEqual([404, 'export_not_found']);
    }
    expect((await service.call('GET', `/v1/tenants/${one.tenantId}/exports/${ofTenant.id}`, { as: other.as })).status).toBe(404);
    expect((await service.call('GET', `/v1/tenants/${one.tenantId}/exports`, { as: { ...member, sessionId: newId() } })).status).toBe(403);
    const key: Principal = { type: 'api_key', id: newId(), tenantId: one.tenantId, roles: ['owner'], scopes: ['tenant.export'] };
    expect(codeOf(await service.call('GET', '/v1/auth/exports', { as: key }))).toEqual([403, 'session_required']);
    expect(codeOf(await service.call('GET', `/v1/tenants/${one.tenantId}/exports/${ofTenant.id}/archive`, { as: key }))).toEqual([403, 'session_required']);
    // A tenant's archive is no person's, and the other way round.
    expect(codeOf(await service.call('GET', `/v1/auth/exports/${ofTenant.id}`, { as: one.as }))).toEqual([404, 'export_not_found']);
    expect(((await service.call('GET', '/v1/auth/exports', { as: one.as })).json()['data'] as unknown as View[]).map(({ id }) => id)).toEqual([own.id]);
  });

  it('are told and stand in the trail when they are asked for and each time they are had', async () => {
    const { as, tenantId } = await signedIn();
    const { id } = await made(as, '/v1/auth/exports');
    for (let times = 0; times < 2; times += 1) await download(as, `/v1/auth/exports/${id}/archive`);
    const events = await service.database.query<{ type: string }>(`SELECT event_type AS type FROM tenancy.event_outbox WHERE aggregate_id = $1 ORDER BY sequence`, [id]);
    expect(events.map(({ type }) => type)).toEqual(['data_export.requested', 'data_export.downloaded', 'data_export.downloaded']);
    const actions = await service.database.query<{ action: string }>(`SELECT payload ->> 'action' AS action FROM tenancy.event_outbox WHERE tenant_id = $1 AND payload ->> 'action' LIKE 'data_export.%' ORDER BY sequence`, [tenantId]);
    expect(actions.map(({ action }) => action)).toEqual(['data_export.request', 'data_export.download', 'data_export.download']);
  });

  it('are not to be had before they are ready, nor once they have expired, and the purge takes them then', async () => {
    const { as } = await signedIn();
    const asked = (await ask(as, '/v1/auth/exports')).json() as unknown as View;
    expect(codeOf(await service.call('GET', `/v1/auth/exports/${asked.id}/archive`, { as }))).toEqual([409, 'export_not_ready']);
    await work();
    await service.database.query('SELECT tenancy.purge_exports(now(), 500)');
    await download(as, `/v1/auth/exports/${asked.id}/archive`);
    await service.database.query(`UPDATE tenancy.data_export SET expires_at = now() - interval '1 minute' WHERE id = $1`, [asked.id]);
    expect(codeOf(await service.call('GET', `/v1/auth/exports/${asked.id}/archive`, { as }))).toEqual([404, 'export_not_found']);
    await service.database.query('SELECT tenancy.purge_exports(now(), 500)');
    expect(await service.database.query('SELECT FROM tenancy.data_export WHERE id = $1', [asked.id])).toEqual([]);
  });

  it('are tried again, and in the end have failed, where they cannot be made', async () => {
    const { as } = await signedIn();
    await service.database.query('ALTER TABLE tenancy.recovery_code RENAME TO recovery_code_gone');
    const asked = (await ask(as, '/v1/auth/exports')).json() as unknown as View;
    try {
      for (let tries = 0; tries < 5; tries += 1) {
        await service.database.query('UPDATE tenancy.data_export SET due_at = now() WHERE id = $1', [asked.id]);
        await work();
      }
    } finally {
      await service.database.query('ALTER TABLE tenancy.recovery_code_gone RENAME TO recovery_code');
    }
    expect((await service.call('GET', `/v1/auth/exports/${asked.id}`, { as })).json()).toMatchObject({ status: 'failed', failure: 'internal' });
    expect(codeOf(await service.call('GET', `/v1/auth/exports/${asked.id}/archive`, { as }))).toEqual([409, 'export_not_ready']);
  });

  it('lie in the database as nobody without the service’s secret can read them', async () => {
    const { as, email } = await signedIn();
    const { id } = await made(as, '/v1/auth/exports');
    const [row] = await service.database.query<{ sealed: Buffer }>('SELECT sealed FROM tenancy.data_export WHERE id = $1', [id]);
    expect(() => gunzipSync(row?.sealed ?? Buffer.alloc(0))).toThrow();
    expect(row?.sealed.includes(email)).toBe(false);
  });

  it('wait for a service that has a part of them, without a try spent, and have failed when it was away for a day', async () => {
    const { as } = await signedIn();
    const asked = (await ask(as, '/v1/auth/exports')).json() as unknown as View;
    const rowNow = async () => (await service.database.query<{ attempts: number; status: string; error: string; waits: boolean }>('SELECT attempts, status, error, due_at > now() AS waits FROM tenancy.data_export WHERE id = $1', [asked.id]))[0];
    const due = () => service.database.query('UPDATE tenancy.data_export SET due_at = now() WHERE id = $1', [asked.id]);
    others.fail(true);
    for (let times = 0; times < 6; times += 1) {
      await due();
      await work();
    }
    expect(await rowNow()).toEqual({ attempts: 0, status: 'waiting', error: expect.stringMatching(/^upstream_/), waits: true });
    await service.database.query(`UPDATE tenancy.data_export SET requested_at = now() - interval '25 hours', due_at = now() WHERE id = $1`, [asked.id]);
    await work();
    expect((await service.call('GET', `/v1/auth/exports/${asked.id}`, { as })).json()).toMatchObject({ status: 'failed', failure: 'source_away' });
    others.fail(false);
    const again = (await ask(as, '/v1/auth/exports')).json() as unknown as View;
    await eventually(async () => {
      await service.database.query('UPDATE tenancy.data_export SET due_at = now() WHERE id = $1', [again.id]);
      await work();
      expect((await service.call('GET', `/v1/auth/exports/${again.id}`, { as })).json()).toMatchObject({ status: 'ready', failure: null });
    }, { withinMs: 60_000 });
  }, 90_000);
});
