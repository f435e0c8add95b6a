import fc from 'fast-check';
import { ClientAddress } from './client-address.js';

describe('ClientAddress', () => {
  it('is the socket’s where no proxy is trusted, whatever the header says', () => {
    const addresses = new ClientAddress([]);
    expect(addresses.of('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
    expect(addresses.of('::ffff:203.0.113.7', undefined)).toBe('203.0.113.7');
    expect(addresses.of('127.0.0.1', '198.51.100.1')).toBe('127.0.0.1');
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['6.6.6.6, 198.51.100.1, 10.0.0.9', '198.51.100.1'],
    ['198.51.100.1, 10.0.0.8, 10.0.0.9', '198.51.100.1'],
    ['10.0.0.8, 10.0.0.9', '10.0.0.8'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:DB8:0::1]:4711', '2001:db8::1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['198.51.100.1, unknown', '10.1.2.3'],
    ['198.51.100.1, unknown, 10.0.0.9', '10.0.0.9'],
    ['', '10.1.2.3'],
    ['<script>', '10.1.2.3'],
  ])('is the right-most untrusted of X-Forwarded-For behind a trusted proxy: %j', (header, client) => {
    expect(new ClientAddress(['10.0.0.0/8', '2001:db8:ffff::/48']).of('::ffff:10.1.2.3', header)).toBe(client);
  });

  it('is never what a caller invents in front of what the proxy has written', () => {
    const addresses = new ClientAddress(['10.0.0.0/8']);
    const invented = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 5 });
    fc.assert(
      fc.property(invented, (hops) => {
        expect(addresses.of('10.0.0.1', [...hops, '198.51.100.1'].join(', '))).toBe('198.51.100.1');
      }),
    );
  });

  it('is absent where the socket has gone', () => {
    expect(new ClientAddress([]).of(undefined, '198.51.100.1')).toBeNull();
  });

  it.each(['10.0.0.0/33', '::/129', 'localhost', '10.0.0/8', '10.0.0.1/', ''])('refuses the network %j', (network) => {
    expect(() => new ClientAddress([network])).toThrow('CIDR notation');
  });
});
