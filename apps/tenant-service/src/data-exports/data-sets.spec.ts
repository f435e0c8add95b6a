import { dataMap, personalColumns } from '@plinth/contracts';
import { leftOut, memberAddressColumns, personInTenantSets, personSets, tenantSets } from './data-sets.js';

const exported = new Set([
  ...[...personSets, ...personInTenantSets, ...tenantSets].flatMap(({ table, columns }) => columns.map((column) => `tenancy.${table}.${column}`)),
  ...memberAddressColumns.map((column) => `tenancy.account.${column}`),
]);
const tableOf = (place: string) => place.split('.').slice(0, 2).join('.');
const isLeftOut = (place: string) => Object.hasOwn(leftOut, place) || Object.hasOwn(leftOut, tableOf(place));

describe('what is exported', () => {
  it('is every personal column of the data map, but for those that are left out with a reason', () => {
    expect(personalColumns.map(({ place }) => place).filter((place) => !exported.has(place) && !isLeftOut(place))).toEqual([]);
  });

  it('is nothing that is left out', () => {
    expect([...exported].filter(isLeftOut)).toEqual([]);
  });

  it('leaves nothing out that is not there', () => {
    const places = personalColumns.map(({ place }) => place);
    expect(Object.keys(leftOut).filter((name) => !places.some((place) => place === name || tableOf(place) === name))).toEqual([]);
  });

  it('holds no hash and no seal', () => {
    const secrets = [...exported].filter((place) => /hash|sealed|secret|token|successor/.test(place.split('.')[2] ?? ''));
    expect(secrets).toEqual([]);
  });

  it('names columns that there are', () => {
    const known = new Set(Object.entries(dataMap['tenant-service']).flatMap(([table, { personal = {}, impersonal = {} }]) => [...Object.values(personal), ...Object.values(impersonal)].flat().map((column) => `tenancy.${table}.${column}`)));
    expect([...exported].filter((place) => !known.has(place))).toEqual([]);
  });
});
