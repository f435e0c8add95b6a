import type { Problem } from '@plinth/kernel';
import { readRequestTarget } from './request-target.js';

function refusal(url: string): string {
  try {
    readRequestTarget(url);
    return 'accepted';
  } catch (error) {
    return `${(error as Problem).status} ${(error as Problem).code}`;
  }
}

describe('readRequestTarget', () => {
  it.each([
    ['/v1/policies', '/v1/policies', '/v1/policies'],
    ['/v1/audit/entries?q=a%20b&from=2026-01-01T00:00:00Z', '/v1/audit/entries', '/v1/audit/entries?q=a%20b&from=2026-01-01T00:00:00Z'],
    ['/v1/audit/entries?q=../%2f\\..|{}"<>', '/v1/audit/entries', '/v1/audit/entries?q=../%2f\\..|{}"<>'],
    ['/v1/tenants/%C3%A9', '/v1/tenants/%C3%A9', '/v1/tenants/%C3%A9'],
    ['/v1/tenants/..a', '/v1/tenants/..a', '/v1/tenants/..a'],
    ['http://any.example/v1/policies?x=1', '/v1/policies', '/v1/policies?x=1'],
    ['/', '/', '/'],
  ])('reads %s and passes it on as it is', (url, path, pathAndQuery) => {
    expect(readRequestTarget(url)).toEqual({ path, pathAndQuery });
  });

  it.each([
    '/v1/../admin',
    '/v1/./policies',
    '/v1/%2e%2e/admin',
    '/v1/%2E./admin',
    '/v1/..',
    '/..',
    '/v1/tenants/a%2fb',
    '/v1/tenants/a%5Cb',
    '/v1/tenants/a\\b',
    '/v1/tenants/%00',
    '/v1/audit/entries?q=%00',
    '/v1/tenants/%ff',
    '/v1/tenants/%c0%ae%c0%ae',
    '/v1/audit/entries?q=%ed%a0%80',
    '/v1/audit/entries?q=%zz',
    '/v1/audit/entries?q=%',
    '/v1/policies#fragment',
    '/v1/policies?\xff',
    '/v1/pol icies',
    '*',
    '',
    'policies',
    'ftp://any.example/v1/policies',
    'http://any.example',
  ])('refuses %j', (url) => {
    expect(refusal(url)).toBe('400 url_malformed');
  });

  it('refuses what is longer than 8192 characters', () => {
    expect(refusal(`/${'a'.repeat(8_191)}`)).toBe('accepted');
    expect(refusal(`/${'a'.repeat(8_192)}`)).toBe('414 url_too_long');
  });
});
