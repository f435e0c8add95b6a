import { Problem } from '@plinth/kernel';
import { TargetRules } from './target-rules.js';

const rules = new TargetRules({ protocols: ['http:', 'https:'], ports: [80, 443] });
const forbidden = { code: 'target_forbidden', status: 422 };

function refusalOf(url: string): Problem {
  try {
    rules.read(url);
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('it was taken');
}

describe('TargetRules', () => {
  it.each(['https://hooks.example.com/in?a=1', 'http://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://example.com.:443/'])('takes %s', (url) => {
    expect(rules.read(url).href).toBe(new URL(url).href);
  });

  it.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback, decimal', 'http://2130706433/'],
    ['loopback, hexadecimal', 'http://0x7f000001/'],
    ['loopback, hexadecimal parts', 'http://0x7f.0x0.0x0.0x1/'],
    ['loopback, octal', 'http://017700000001/'],
    ['loopback, octal parts', 'http://0177.0.0.01/'],
    ['loopback, shortened', 'http://127.1/'],
    ['loopback, mixed', 'http://0x7f.1/'],
    ['loopback, full-width digits', 'http://１２７.0.0.1/'],
    ['loopback, circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['loopback, ideographic full stops', 'http://127。0。0。1/'],
    ['loopback, percent-encoded', 'http://%31%32%37.0.0.1/'],
    ['loopback, final dot', 'http://127.0.0.1./'],
    ['loopback, IPv6', 'http://[::1]/'],
    ['loopback, long IPv6', 'http://[0:0:0:0:0:0:0:1]/'],
    ['IPv4-mapped', 'http://[::ffff:127.0.0.1]/'],
    ['IPv4-mapped, hexadecimal', 'http://[::ffff:a9fe:a9fe]/'],
    ['NAT64', 'http://[64:ff9b::169.254.169.254]/'],
    ['6to4', 'http://[2002:7f00:1::]/'],
    ['unspecified', 'http://0/'],
    ['unspecified, IPv6', 'http://[::]/'],
    ['metadata of a cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['private', 'http://192.168.1.1/'],
    ['unique local', 'http://[fd00::1]/'],
    ['a scope', 'http://[fe80::1%25eth0]/'],
    ['localhost', 'http://localhost/'],
    ['a name under localhost', 'http://hooks.LOCALHOST./'],
    ['a user name', 'https://user@example.com/'],
    ['a password', 'https://:secret@example.com/'],
    ['a host after what looks like one', 'http://8.8.8.8@127.0.0.1/'],
    ['a port that is not on the list', 'https://example.com:22/'],
    ['the scheme ftp', 'ftp://example.com/'],
    ['the scheme file', 'file:///etc/passwd'],
    ['the scheme gopher', 'gopher://example.com/'],
    ['the scheme javascript', 'javascript:alert(1)'],
    ['no scheme', 'example.com/in'],
    ['no host', 'https://'],
    ['an overflowing number', 'http://4294967296/'],
    ['too many characters', `https://example.com/${'x'.repeat(2_048)}`],
  ])('refuses %s', (_, url) => {
    expect(refusalOf(url)).toMatchObject(forbidden);
  });

  it('takes https on 443 alone, where it is told nothing else', () => {
    const strict = new TargetRules();
    expect(strict.read('https://example.com/').protocol).toBe('https:');
    for (const url of ['http://example.com/', 'https://example.com:8443/', 'https://127.0.0.1/']) expect(() => strict.read(url)).toThrow();
  });

  it('says which rule is broken, and nothing of the network', () => {
    expect(refusalOf('http://10.0.0.1/').detail).toBe(refusalOf('http://[::1]/').detail);
    expect(refusalOf('https://example.com:22/').detail).toBe('The target must use port 80 or 443.');
  });
});
