import { mailKinds } from './mail-kinds.js';
import { renderMail } from './mail-templates.js';

const link = 'https://product.test/page#token=a&b<c>"d\'';
const linkless = new Set(['password_was_reset', 'password_was_changed', 'second_factor_was_enabled', 'second_factor_was_disabled', 'second_factor_was_reset', 'credential_expires_soon', 'credential_has_expired', 'recovery_code_was_used', 'email_was_changed', 'operator_access_was_requested']);

describe('renderMail', () => {
  it.each(mailKinds)('says the same of %s as text and as HTML', (kind) => {
    const { subject, text, html } = renderMail(kind, linkless.has(kind) ? null : link);
    expect(subject).toMatch(/^[^\r\n]{10,70}$/);
    expect(text.includes(link)).toBe(!linkless.has(kind));
    const words = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    for (const paragraph of text.split('\n\n').filter((part) => !part.includes('://'))) expect(words).toContain(paragraph.trim().replaceAll("'", '&#39;'));
  });

  it('escapes what it puts into HTML', () => {
    expect(renderMail('reset_password', link).html).toContain('href="https://product.test/page#token=a&amp;b&lt;c&gt;&quot;d&#39;"');
  });

  it('refuses a link too many or too few', () => {
    expect(() => renderMail('password_was_reset', link)).toThrow();
    expect(() => renderMail('verify_email', null)).toThrow();
  });
});
