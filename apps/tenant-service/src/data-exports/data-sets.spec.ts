import { dataMap, personalColumns, services } from '@plinth/contracts';
import { leftOut, leftOutOfPersons, memberAddressColumns, personInTenantSets, personSets, setsOfOthers, tenantSets } from './data-sets.js';

const exported = new Set([
  ...[...personSets, ...personInTenantSets, ...tenantSets].flatMap(({ table, columns }) => columns.map((column) => `tenancy.${table}.${column}`)),
  ...memberAddressColumns.map((column) => `tenancy.account.${column}`),
  ...Object.entries(setsOfOthers).flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`)),
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
    expect(Object.keys({ ...leftOut, ...leftOutOfPersons }).filter((name) => !places.some((place) => place === name || tableOf(place) === name))).toEqual([]);
  });

  it('holds no hash and no seal', () => {
    // Tokens in the plural are counts.
    const secrets = [...exported].filter((place) => /hash|sealed|secret|token(?!s$)|successor/.test(place.split('.')[2] ?? ''));
    expect(secrets).toEqual([]);
  });

  it('names columns that there are', () => {
    const known = new Set(services.flatMap(({ name, schema }) =>
      Object.entries(dataMap[name]).flatMap(([table, { personal = {}, impersonal = {} }]) => [...Object.values(personal), ...Object.values(impersonal)].flat().map((column) => `${schema}.${table}.${column}`)),
    ));
    expect([...exported].filter((place) => !known.has(place))).toEqual([]);
  });
});
