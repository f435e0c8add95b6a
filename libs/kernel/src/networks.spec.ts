import fc from 'fast-check';
import { NetworkList, networkText, normalizeAddress, parseNetwork } from './networks.js';

describe('normalizeAddress', () => {
  it('gives every IPv4 address one form, also where IPv6 carries it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(normalizeAddress(address)).toBe(address);
        expect(normalizeAddress(`::FFFF:${address}`)).toBe(address);
      }),
    );
    expect(normalizeAddress('::ffff:cb00:7107')).toBe('203.0.113.7');
  });

  it('gives IPv6 addresses their short form without a zone', () => {
    expect(normalizeAddress('2001:0DB8:0:0:0:0:0:1')).toBe('2001:db8::1');
    expect(normalizeAddress('fe80::1%eth0')).toBe('fe80::1');
  });
});

describe('a network', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:a00:1', '10.0.0.1/32'],
  ])('%s is read as %s', (text, written) => {
    const network = parseNetwork(text);
    expect(network && networkText(network)).toBe(written);
  });

  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8 ', '::/129', '::ffff:10.0.0.0/95', 'fe80::1%eth0', '0x7f.1', '10.0.0.0/08/1'])('%j is none', (text) => {
    expect(parseNetwork(text)).toBeNull();
    expect(() => new NetworkList([text])).toThrow('CIDR notation');
  });

  it('has the addresses that begin as it does, and no others', () => {
    const list = new NetworkList(['203.0.113.0/24', '2001:db8::/32', '::ffff:198.51.100.7']);
    for (const inside of ['203.0.113.0', '203.0.113.255', '2001:db8:ffff::1', '198.51.100.7']) expect(list.has(inside)).toBe(true);
    for (const outside of ['203.0.112.255', '203.0.114.0', '127.0.0.1', '2001:db9::', '::1', '198.51.100.8']) expect(list.has(outside)).toBe(false);
    expect(new NetworkList([]).has('127.0.0.1')).toBe(false);
  });
});
