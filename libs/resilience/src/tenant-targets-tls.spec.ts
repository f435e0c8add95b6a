import tls from 'node:tls';
import { FakeDns, LocalServer } from './testing.js';
import { TestAuthority, type Certificate } from './testing-certificates.js';
import { TenantTargets } from './tenant-targets.js';

const name = 'hooks.example.com';

describe('TenantTargets over TLS', () => {
  const [trusted, unknown] = [new TestAuthority(), new TestAuthority()];
  const before = tls.getCACertificates('default');
  beforeAll(() => tls.setDefaultCACertificates([...before, trusted.cert]));
  afterAll(() => tls.setDefaultCACertificates([...before]));

  /** What becomes of a call by name to a server with the certificate, and whether it heard of the call. */
  async function call(certificate: Certificate, allowedNetworks = ['127.0.0.1/32']) {
    let heard = 0;
    let shownName: string | false | null = null;
    await using dns = await FakeDns.listen(() => '127.0.0.1');
    await using server = await LocalServer.listenTls((request, response) => {
      heard += 1;
      shownName = (request.socket as tls.TLSSocket).servername;
      response.end('taken');
    }, certificate);
    const targets = new TenantTargets({ name: 'webhooks', protocols: ['https:'], ports: [server.port], allowedNetworks, nameServers: [dns.address] });
    try {
      const answer = await targets.request({ tenantId: 'one', url: `https://${name}:${server.port}/`, method: 'POST', body: '{}' });
      return { answered: answer.status, heard, shownName };
    } catch (error) {
      return { refused: (error as { code: string }).code, heard };
    } finally {
      await targets.close();
    }
  }

  it('asks the address that it has checked for the certificate of the name', async () => {
    expect(await call(trusted.certify(name))).toEqual({ answered: 200, heard: 1, shownName: name });
  });

  it.each([
    ['of another name', () => trusted.certify('hooks.example.org')],
    ['of the address alone', () => trusted.certify('127.0.0.1')],
    ['that has expired', () => trusted.certify(name, -1)],
    ['of an authority that nobody knows', () => unknown.certify(name)],
  ])('sends nothing to who shows a certificate %s', async (_, certificate) => {
    expect(await call(certificate())).toEqual({ refused: 'upstream_invalid_answer', heard: 0 });
  });

  it('opens no connection to what is not public, whatever its certificate', async () => {
    expect(await call(trusted.certify(name), [])).toEqual({ refused: 'target_forbidden', heard: 0 });
  });
});
