import { homeAt } from './paths.ts';
import { postgresOffset } from './ports.ts';
import { secretVariables, services, serviceUrls } from './services.ts';

describe('the services that the stack starts', () => {
  it('are those of the contract, at its ports', () => {
    expect(services.slice(0, 6).map(({ name, portOffset }) => [name, portOffset])).toEqual([
      ...[['gateway', 0], ['tenant-service', 1], ['audit-service', 2], ['ai-gateway', 3], ['outbox-relay', 4], ['scheduler', 5]],
    ]);
  });

  it('have a port, a schema and a name of their own, below the ports of PostgreSQL and Kafka', () => {
    for (const key of ['name', 'schema', 'portOffset'] as const) expect(new Set(services.map((service) => service[key])).size).toBe(services.length);
    expect(Math.max(...services.map(({ portOffset }) => portOffset))).toBeLessThan(postgresOffset);
  });

  it('the gateway is told where each of the others listens', () => {
    const gateway = services.find(({ name }) => name === 'gateway');
    const told = Object.values(gateway?.environment(serviceUrls(9000), { mail: '/mail' }) ?? {});
    expect(told).toEqual(expect.arrayContaining(services.map(({ portOffset }) => `http://127.0.0.1:${9000 + portOffset}`)));
  });

  it('listen on the loopback address, from the base upwards', () => {
    expect(serviceUrls(9000)).toMatchObject({ gateway: 'http://127.0.0.1:9000', scheduler: 'http://127.0.0.1:9005' });
  });

  it('get a key that signs internal identities only where they mint some', () => {
    const home = homeAt('/nowhere');
    const signers = services.filter((service) => !secretVariables(home, service)['INTERNAL_SIGNING_KEYS_FILE']?.endsWith('.pub'));
    expect(signers.map((service) => service.name)).toEqual(['gateway', 'tenant-service', 'ai-gateway', 'scheduler']);
  });

  it('get the key that signs access tokens nowhere but in tenant-service', () => {
    const holders = services.filter((service) => 'TOKEN_SIGNING_KEYS_FILE' in secretVariables(homeAt('/nowhere'), service));
    expect(holders.map((service) => service.name)).toEqual(['tenant-service']);
  });
});
