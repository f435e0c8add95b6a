import { dataKindNames } from '@plinth/contracts';
import { bootTenantService, currentConsents } from '../testing.js';
import type { PrivacyNotice } from './privacy-notice.js';

describe('the privacy notice', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  it('tells anybody of every kind of data in the map, in the version that sign-up asks consent to', async () => {
    const answer = await service.call('GET', '/v1/privacy-notice');
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'public, max-age=300' } });
    const notice = answer.json() as unknown as PrivacyNotice;
    expect(notice.data.map(({ kind }) => kind)).toEqual(dataKindNames);
    expect(currentConsents).toContainEqual({ document: 'privacy', version: notice.version });
    expect(notice.controller).toEqual({ name: 'Example <Ltd>, 1 Main Street', contact: 'privacy@plinth.example' });
  });

  it.each(['/v1/privacy-notice', '/privacy'])('is at %s not sent again to whoever has it', async (path) => {
    const { headers } = await service.call('GET', path);
    const again = await service.call('GET', path, { headers: { 'if-none-match': String(headers['etag']) } });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  it('is a page that says the same', async () => {
    const notice = (await service.call('GET', '/v1/privacy-notice')).json() as unknown as PrivacyNotice;
    const page = await service.call('GET', '/privacy', { headers: { accept: 'text/html,*/*;q=0.1' } });
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    for (const { title, what, kept } of notice.data) for (const text of [title, what, kept.text]) expect(page.text).toContain(text.replaceAll("'", '&#39;'));
    expect(page.text).toContain('Example &lt;Ltd&gt;, 1 Main Street');
  });
});
