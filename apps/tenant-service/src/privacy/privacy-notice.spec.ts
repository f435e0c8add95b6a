import { createHash } from 'node:crypto';
import { retention } from '@plinth/contracts';
import { privacyNotice } from './privacy-notice.js';
import { privacyPage } from './privacy-page.js';

const nobody = { name: '', contact: '' };

describe('privacyNotice', () => {
  it('tells how long by the constants that the purge goes by', () => {
    const { data } = privacyNotice(nobody);
    const kept = (kind: string) => data.find((entry) => entry.kind === kind)?.kept;
    expect(kept('mail')).toEqual({ duration: `P${retention.mailMs / 86_400_000}D`, text: '7 days after the mail was sent or given up' });
    expect(kept('repeats')).toEqual({ duration: 'P1D', text: 'a day after the request was answered' });
    expect(kept('account')).toEqual({ duration: null, text: 'until the account is deleted' });
  });

  it('says so where the operator has not said who is responsible', () => {
    expect(privacyNotice(nobody).controller).toEqual({ name: null, contact: null });
    expect(privacyPage(privacyNotice(nobody))).toContain('has not given a name here');
  });

  // People agreed to a version: whoever changes what it says gives it a new one in policies.ts, by a migration. Which service holds it is no part of that.
  it('says under one version one thing for ever', () => {
    const { version, data, recipients, rights } = privacyNotice(nobody);
    const said = { data: data.map(({ where: _, ...kind }) => kind), recipients, rights };
    const digest = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
    expect({ version, digest }).toEqual({ version: '2026-11', digest: '95a3d4c3712c865e' });
  });
});

describe('privacyPage', () => {
  const page = privacyPage(privacyNotice({ name: `<script>alert('x')</script>`, contact: '"a" & b' }));

  it('loads and runs nothing, and shows what the operator has configured as text', () => {
    expect(page).not.toMatch(/<(script|style|link|img|iframe|object|form)\b/i);
    expect(page).not.toMatch(/\s(on\w+|style|src)=/i);
    expect(page).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
    expect(page).toContain('&quot;a&quot; &amp; b');
  });

  it('has a language, a title, one first heading, and a target for each of its own links', () => {
    expect(page).toMatch(/<html lang="en">[^]*<title>Privacy notice<\/title>/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    const targets = [...page.matchAll(/href="#(\w+)"/g)].map(([, id]) => id);
    expect(targets.length).toBeGreaterThan(10);
    for (const id of targets) expect(page.split(`id="${id}"`)).toHaveLength(2);
  });
});
