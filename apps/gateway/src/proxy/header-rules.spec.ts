import type { Problem } from '@plinth/kernel';
import { checkRequestHeaders, dropsAnswerHeader, dropsRequestHeader, readUserAgent } from './header-rules.js';

describe('header rules', () => {
  it.each([
    'x-plinth-identity',
    'x-plinth-signature',
    'x-plinth-client-ip',
    'x-plinth-anything',
    'x-forwarded-for',
    'x-forwarded-host',
    'forwarded',
    'x-request-id',
    'traceparent',
    'authorization',
    'cookie',
    'x-api-key',
    'x-tenant-id',
  ])('keep %s of a request from the service', (name) => {
    expect(dropsRequestHeader(name)).toBe(true);
  });

  it.each(['content-type', 'accept', 'idempotency-key', 'if-match', 'tracestate', 'user-agent'])('pass %s of a request on', (name) => {
    expect(dropsRequestHeader(name)).toBe(false);
  });

  it.each(['x-plinth-identity', 'server', 'x-powered-by', 'x-frame-options', 'content-security-policy'])('keep %s of an answer from the client', (name) => {
    expect(dropsAnswerHeader(name)).toBe(true);
  });

  it.each(['etag', 'location', 'retry-after', 'idempotent-replayed', 'content-type', 'set-cookie'])('pass %s of an answer on', (name) => {
    expect(dropsAnswerHeader(name)).toBe(false);
  });
});

describe('checkRequestHeaders', () => {
  const check = (rawHeaders: string[], httpVersion = '1.1') => {
    try {
      checkRequestHeaders({ rawHeaders, httpVersion });
      return 'accepted';
    } catch (error) {
      return (error as Problem).code;
    }
  };
  const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

  it('takes one Host, and none from HTTP/1.0', () => {
    expect(check(['Host', 'a', 'Accept', '*/*'])).toBe('accepted');
    expect(check(['Accept', '*/*'])).toBe('header_malformed');
    expect(check(['Accept', '*/*'], '1.0')).toBe('accepted');
    expect(check(['Host', 'a', 'host', 'b'])).toBe('header_malformed');
  });

  it('takes UTF-8 and refuses other bytes', () => {
    expect(check(['Host', 'a', 'User-Agent', latin1('Prüfer ✓')])).toBe('accepted');
    expect(check(['Host', 'a', 'User-Agent', '\xff\xfe'])).toBe('header_malformed');
    expect(check(['Host', 'a', 'X-Name', '\xed\xa0\x80'])).toBe('header_malformed');
  });

  it('takes no other transfer coding than chunked', () => {
    expect(check(['Host', 'a', 'Transfer-Encoding', 'Chunked'])).toBe('accepted');
    expect(check(['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'])).toBe('header_malformed');
    expect(check(['Host', 'a', 'Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked'])).toBe('header_malformed');
  });
});

describe('readUserAgent', () => {
  it('reads the bytes as UTF-8, bounded, and null where there are none', () => {
    expect(readUserAgent(Buffer.from('Prüfer ✓').toString('latin1'))).toBe('Prüfer ✓');
    expect(readUserAgent(undefined)).toBeNull();
    expect(readUserAgent('')).toBeNull();
    expect(readUserAgent('a'.repeat(5_000))).toHaveLength(1_024);
    const cut = readUserAgent(Buffer.from(`${'a'.repeat(1_023)}😀`).toString('latin1'));
    expect(cut?.isWellFormed()).toBe(true);
  });
});
