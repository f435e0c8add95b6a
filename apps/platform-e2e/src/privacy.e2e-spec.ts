import { runningStack } from './stack.js';

interface Notice {
  readonly version: string;
  readonly url: string;
  readonly data: readonly { readonly title: string; readonly kept: { readonly text: string } }[];
}

describe('the privacy notice', () => {
  const stack = runningStack();
  const read = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, stack.facts.gatewayUrl), { headers, signal: AbortSignal.timeout(10_000) });

  it('is read before there is an account, in the version that sign-up asks consent to, as a page and by programs', async () => {
    const notice = (await (await read('/v1/privacy-notice')).json()) as Notice;
    const { data: policies } = (await (await read('/v1/policies')).json()) as { data: readonly { document: string; version: string; url: string }[] };
    expect(policies).toContainEqual(expect.objectContaining({ document: 'privacy', version: notice.version, url: notice.url }));

    const page = await read(notice.url, { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    for (const { title, kept } of notice.data) for (const text of [title, kept.text]) expect(html).toContain(text.replaceAll("'", '&#39;'));
  });

  it('is what sign-up consented to, as the account shows it', async () => {
    const { token } = await stack.newTenant('Of consents');
    const { version } = (await (await read('/v1/privacy-notice')).json()) as Notice;
    const { status, body } = await stack.gateway.call<{ data: readonly object[] }>('GET', '/v1/auth/consents', { token });
    expect(status).toBe(200);
    expect(body.data).toContainEqual(expect.objectContaining({ document: 'privacy', version, givenAt: expect.any(String), ip: expect.any(String), required: true, current: true, withdrawnAt: null }));
  });

  it('may load and run nothing in a browser, and costs one that has it an empty answer', async () => {
    const page = await read('/privacy');
    await page.arrayBuffer();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('public, max-age=300');
    const again = await read('/privacy', { 'if-none-match': page.headers.get('etag') ?? 'none' });
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
  });
});
