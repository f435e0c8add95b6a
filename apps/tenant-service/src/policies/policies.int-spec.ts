import { createHash } from 'node:crypto';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootTenantService } from '../testing.js';
import { privacyDocument } from './policies.js';

describe('policy documents', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  let operator: Principal;
  beforeAll(async () => {
    service = await bootTenantService();
    operator = { type: 'operator', id: (await service.register()).user.id, tenantId: null, roles: ['PLATFORM_ADMIN'] };
  });
  afterAll(() => service.close());

  const codeOf = ({ status, json }: { status: number; json(): Record<string, unknown> }) => [status, json()['code']];
  const newDocument = () => `doc_${newId().replaceAll('-', '').slice(-12)}`;
  const publish = (document: string, version: string, body: object = {}, as = operator) =>
    service.call('POST', '/v1/admin/policies', { as, body: { document, version, title: `About ${document}`, text: 'First.\n\nSecond.', required: false, ...body } });
  const data = async (path: string) => (await service.call('GET', path)).json()['data'] as unknown as { document: string; version: string; sha256: string; inForce?: boolean; url: string }[];
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');

  it('list the terms and the notice that this build makes, each with a page and a text that its hash leads to', async () => {
    const policies = await data('/v1/policies');
    expect(policies.filter(({ document }) => ['terms', 'privacy'].includes(document))).toEqual([
      expect.objectContaining({ document: 'terms', version: '2026-11', required: true, url: '/terms', title: 'Terms of use' }),
      expect.objectContaining({ document: 'privacy', version: privacyDocument.version, required: true, url: '/privacy' }),
    ]);
    for (const { url, sha256 } of policies) {
      expect(await service.call('GET', url)).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
      const text = await service.call('GET', `/v1/policy-texts/${sha256}`);
      expect([text.status, hash(text.text), text.headers['cache-control']]).toEqual([200, sha256, 'public, max-age=31536000, immutable']);
    }
  });

  it('are published by operators, told of once, and stay readable in every version', async () => {
    const document = newDocument();
    const first = await publish(document, '1', { text: 'The first words.' });
    expect(first).toMatchObject({ status: 201, headers: { location: `/v1/policies/${document}/versions/1` } });
    expect((await publish(document, '2', { text: 'Other words.', title: 'A <b>title</b>' })).status).toBe(201);
    const versions = await data(`/v1/policies/${document}/versions`);
    expect(versions.map(({ version, inForce }) => [version, inForce])).toEqual([['2', true], ['1', false]]);
    expect((await service.call('GET', `/policies/${document}/1`)).text).toContain('The first words.');
    expect((await service.call('GET', `/policies/${document}`)).text).toContain('Other words.');
    expect((await service.call('GET', `/v1/policy-texts/${versions[1]?.sha256}`)).text).toBe('The first words.');
    const events = await service.database.query<{ payload: object }>(`SELECT payload FROM tenancy.event_outbox WHERE event_type = 'policy.published' AND payload ->> 'document' = $1 ORDER BY sequence`, [document]);
    expect(events.map(({ payload }) => payload)).toEqual(['1', '2'].map((version): unknown => expect.objectContaining({ document, version, required: false })));
  });

  it('are shown as text: nothing in them is markup', async () => {
    const document = newDocument();
    await publish(document, '1', { title: '<script>x</script>', text: `<img src=x onerror=alert(1)>\n\n"quoted" & more` });
    const { text } = await service.call('GET', `/policies/${document}`);
    expect(text).not.toMatch(/<(script|img)\b/i);
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect((await service.call('GET', `/v1/policy-texts/${hash(`<img src=x onerror=alert(1)>\n\n"quoted" & more`)}`)).headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('can be announced, and are asked for from their day on', async () => {
    const document = newDocument();
    await publish(document, '1');
    const effectiveFrom = new Date(Date.now() + 86_400_000).toISOString();
    expect((await publish(document, '2', { effectiveFrom, graceDays: 7 })).json()).toMatchObject({ inForce: false, effectiveFrom, graceEndsAt: new Date(Date.parse(effectiveFrom) + 7 * 86_400_000).toISOString() });
    expect((await data('/v1/policies')).find((policy) => policy.document === document)?.version).toBe('1');
    await service.database.query(`UPDATE tenancy.policy_version SET effective_from = now() WHERE document = $1 AND version = '2'`, [document]);
    expect((await data('/v1/policies')).find((policy) => policy.document === document)?.version).toBe('2');
  });

  it('never change: a version is published once, and none before another', async () => {
    const document = newDocument();
    const effectiveFrom = new Date(Date.now() + 86_400_000).toISOString();
    await publish(document, '1', { effectiveFrom });
    expect(codeOf(await publish(document, '1', { effectiveFrom: new Date(Date.now() + 2 * 86_400_000).toISOString() }))).toEqual([409, 'policy_version_taken']);
    expect(codeOf(await publish(document, '2', { effectiveFrom }))).toEqual([409, 'policy_version_taken']);
    expect(codeOf(await publish(document, '3'))).toEqual([422, 'policy_not_later']);
    expect(codeOf(await publish(document, '4', { effectiveFrom: '2020-01-01T00:00:00Z' }))).toEqual([422, 'policy_not_later']);
    expect(codeOf(await publish('privacy', '2'))).toEqual([409, 'policy_built_in']);
  });

  it('are published by no one else', async () => {
    const { owner } = await service.register();
    expect((await publish(newDocument(), '1', {}, owner)).status).toBe(403);
    expect((await publish(newDocument(), '1', {}, { ...operator, roles: ['PLATFORM_VIEWER'] })).status).toBe(403);
  });

  it.each(['/policies/none', '/policies/terms/none', '/policies/%3Cscript%3E', '/v1/policies/none/versions', '/v1/policies/terms/versions/none', `/v1/policy-texts/${'0'.repeat(64)}`, '/v1/policy-texts/x'])(
    'are not at %s',
    async (path) => {
      const answer = await service.call('GET', path);
      expect([answer.status, answer.json()['code']]).toEqual([404, 'policy_not_found']);
    },
  );

  it('are sent once to whoever has the entity tag', async () => {
    const { headers } = await service.call('GET', '/terms');
    expect(await service.call('GET', '/terms', { headers: { 'if-none-match': String(headers['etag']) } })).toMatchObject({ status: 304, text: '' });
  });
});
