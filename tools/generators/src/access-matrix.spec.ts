import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { accessMatrix, accessMatrixFile } from './access-matrix.ts';

type Operation = Parameters<typeof accessMatrix>[0]['paths'][string][string];
const person: Operation['security'] = [{ bearer: [] }, { sessionCookie: [] }];
const caller: Operation['security'] = [...person, { apiKey: [] }];
const matrixOf = (operation: Operation) => accessMatrix({ paths: { '/v1/things': { get: operation } } })['GET /v1/things'];

describe('the matrix of roles and routes', () => {
  it('lets anybody call what is open', () => {
    expect(matrixOf({ security: [] })).toEqual({ roles: expect.arrayContaining(['anonymous', 'owner', 'viewer', 'PLATFORM_ADMIN']), keyScope: 'any' });
  });

  it('lets people alone call what is for who has signed in', () => {
    const access = matrixOf({ security: person });
    expect(access).toEqual({ roles: expect.arrayContaining(['owner', 'viewer', 'PLATFORM_VIEWER']), keyScope: null });
    expect(access?.roles).not.toContain('anonymous');
  });

  it('lets those call whose role has the capability, and keys with its scope', () => {
    expect(matrixOf({ security: caller, 'x-plinth-capability': 'tenant.update' })).toEqual({ roles: ['owner', 'admin'], keyScope: 'tenant.update' });
    expect(matrixOf({ security: caller, 'x-plinth-capability': 'availability.view_all' })?.roles).toEqual(['INTERNAL_MANAGER', 'INTERNAL_DIRECTOR', 'INTERNAL_FINANCE']);
  });

  it('lets operators call by capabilities of the platform alone, and no key', () => {
    expect(matrixOf({ security: caller, 'x-plinth-capability': 'tenant.list' })).toEqual({ roles: ['PLATFORM_ADMIN', 'PLATFORM_VIEWER'], keyScope: null });
    expect(matrixOf({ security: caller, 'x-plinth-capability': 'tenant.deactivate', 'x-plinth-operator-capability': 'tenant.list' })?.roles).toEqual(['owner', 'PLATFORM_ADMIN', 'PLATFORM_VIEWER']);
  });

  it('refuses a capability that nobody has heard of', () => {
    expect(() => matrixOf({ security: caller, 'x-plinth-capability': 'thing.unknown' })).toThrow('the catalogue has no capability thing.unknown');
  });

  it('is written a route a line, each route of the API document', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../../docs/access-matrix.json'), 'utf8');
    const written = JSON.parse(text) as ReturnType<typeof accessMatrix>;
    const document = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')) as Parameters<typeof accessMatrix>[0];
    expect(written).toEqual(accessMatrix(document));
    expect(accessMatrixFile(written)).toBe(text);
    expect(text.trimEnd().split('\n')).toHaveLength(Object.keys(written).length + 2);
  });
});
