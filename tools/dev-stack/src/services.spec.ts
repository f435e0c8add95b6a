import { rolesOf, services as declared } from '@plinth/contracts';
import { homeAt } from './paths.ts';
import { secretVariables, services, serviceUrls } from './services.ts';

describe('the services that the stack starts', () => {
  it('are those of the contract, with its schemas and ports', () => {
    expect(services.map(({ name, schema, portOffset }) => ({ name, schema, portOffset }))).toEqual(declared);
    expect(rolesOf('audit').system).toBe('plinth_audit_system');
  });

  it('listen on the loopback address, from the base upwards', () => {
    expect(serviceUrls(9000)).toMatchObject({ gateway: 'http://127.0.0.1:9000', scheduler: 'http://127.0.0.1:9005' });
  });

  it('get a key that signs internal identities only where they mint some', () => {
    const home = homeAt('/nowhere');
    const signers = services.filter((service) => !secretVariables(home, service)['INTERNAL_SIGNING_KEYS_FILE']?.endsWith('.pub'));
    expect(signers.map((service) => service.name)).toEqual(['gateway']);
  });

  it('get the key that signs access tokens nowhere but in tenant-service', () => {
    const holders = services.filter((service) => 'TOKEN_SIGNING_KEYS_FILE' in secretVariables(homeAt('/nowhere'), service));
    expect(holders.map((service) => service.name)).toEqual(['tenant-service']);
  });
});
