import fc from 'fast-check';
import { PublicAddresses } from './public-addresses.js';

const addresses = new PublicAddresses();

describe('PublicAddresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '192.167.1.1', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001:82a::200e', '2001:4860:4860::8888'])(
    'allows %s',
    (address) => expect(addresses.allows(address)).toBe(true),
  );

  it.each([
    ['unspecified', '0.0.0.0', '::', '0.1.2.3'],
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['private', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fd00:ec2::254'],
    ['link local', '169.254.169.254', '169.254.0.1', 'fe80::1', 'febf::1'],
    ['carrier-grade NAT', '100.64.0.1', '100.127.255.255', '100.100.100.200'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
    ['reserved', '240.0.0.1', '192.0.0.192', '198.18.0.1', '198.19.255.255', '192.88.99.1', '100::1', '5f00::1', '2001:2::1'],
    ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '0:0:0:0:0:ffff:a9fe:a9fe'],
    ['IPv4-compatible', '::127.0.0.1', '::7f00:1', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::a00:1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['site local and scoped', 'fec0::1', 'fe80::1%eth0', '2606:4700::1%eth0'],
    ['what a cloud answers at a public number', '168.63.129.16'],
    ['no address at all', '', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', '8.8.8.8 ', '8.8.8.08'],
  ])('does not allow %s', (_, ...forbidden) => {
    for (const address of forbidden) expect([address, addresses.allows(address)]).toEqual([address, false]);
  });

  it('sees an IPv4 address through every way of writing it into IPv6', () => {
    const embedded = fc.constantFrom('127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.1.1', '100.64.1.1');
    const hex = (ipv4: string) => ipv4.split('.').map((part) => Number(part).toString(16).padStart(2, '0')).join('').replace(/^(.{4})/, '$1:');
    fc.assert(
      fc.property(embedded, fc.constantFrom('::', '::ffff:', '64:ff9b::', '::ffff:0:', '2002:', '64:ff9b:1::'), (ipv4, prefix) => {
        return !addresses.allows(prefix === '2002:' ? `2002:${hex(ipv4)}::1` : `${prefix}${hex(ipv4)}`);
      }),
    );
  });

  it('allows besides what it is told to, and no more', () => {
    const local = new PublicAddresses(['127.0.0.0/8', 'fd00::/8']);
    expect(['127.0.0.1', 'fd12::1', '8.8.8.8', '10.0.0.1', '::1'].map((address) => local.allows(address))).toEqual([true, true, true, false, false]);
  });

  it.each(['127.0.0.1', 'localhost/8', '10.0.0.0/', '10.0.0.0/99', '10.0.0.0/8/8x'])('refuses %s as a network', (network) => {
    expect(() => new PublicAddresses([network])).toThrow();
  });
});
