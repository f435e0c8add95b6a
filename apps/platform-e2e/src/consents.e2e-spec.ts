import { createHash } from 'node:crypto';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

describe('consents', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const read = async (path: string) => await fetch(new URL(path, stack.facts.gatewayUrl), { signal: AbortSignal.timeout(10_000) });

  it('lead from what sign-up asked for to a page and to the very words, whose hash is in the consent', async () => {
    const { token } = await stack.newTenant('Of words');
    const { body } = await gateway.call<{ data: { document: string; textSha256: string }[] }>('GET', '/v1/auth/consents', { token });
    expect(body.data.map(({ document }) => document).toSorted()).toEqual(['privacy', 'terms']);
    for (const { document, textSha256 } of body.data) {
      const text = await (await read(`/v1/policy-texts/${textSha256}`)).text();
      expect(createHash('sha256').update(text).digest('hex')).toBe(textSha256);
      const page = await read(`/${document}`);
      expect([page.status, page.headers.get('content-type'), page.headers.get('content-security-policy')]).toEqual([200, 'text/html; charset=utf-8', expect.stringContaining("default-src 'none'")]);
      await page.arrayBuffer();
    }
  });

  it('to an optional document are given, withdrawn at once, and stand in the trail', async () => {
    const operator = await gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const document = `news_${newId().replaceAll('-', '').slice(-12)}`;
    const published = await gateway.call('POST', '/v1/admin/policies', { token: operator, body: { document, version: '1', title: 'News', text: 'We write to you.', required: false } });
    expect(published.status).toBe(201);

    const owner = await stack.newTenant('Of news');
    const { token } = owner;
    expect((await gateway.call('POST', '/v1/auth/consents', { token, body: { document, version: '1' } })).status).toBe(200);
    const withdrawn = await gateway.call<{ consequence: string }>('POST', `/v1/auth/consents/${document}/withdraw`, { token });
    expect([withdrawn.status, withdrawn.body.consequence]).toEqual([200, expect.stringContaining('stops at once')]);
    const { body } = await gateway.call<{ data: { document: string; withdrawnAt: string | null }[] }>('GET', '/v1/auth/consents', { token });
    expect(body.data).toContainEqual(expect.objectContaining({ document, withdrawnAt: expect.any(String) }));
    await eventually(
      async () => {
        const actions = (await stack.auditEntries(owner)).map(({ action }) => action);
        expect(actions).toEqual(expect.arrayContaining(['consent.give', 'consent.withdraw']));
      },
      { withinMs: 30_000 },
    );
    const required = await gateway.call('POST', '/v1/auth/consents/terms/withdraw', { token });
    expect([required.status, required.body['code']]).toEqual([409, 'consent_is_required']);
  });
});
