import { dataKindNames } from './data-kinds.js';
import { dataMapFaults, personalColumns, servicesHolding } from './data-map.js';

describe('the data map', () => {
  const data = {
    note: { personal: { account: ['author', 'author'] }, impersonal: { 'a number': ['id'] } },
    gone: { impersonal: { 'a number': ['id'] } },
  };

  it('names each table and column that it and the database do not share, and each that it places twice', () => {
    const real = [
      { name: 'note', columns: [{ name: 'author' }, { name: 'text' }] },
      { name: 'new', columns: [{ name: 'id' }] },
    ];
    expect(dataMapFaults(data, real)).toEqual([
      'gone is in the data map and not there',
      "note.text is not in the data map: say whose data it is, or why nobody's",
      'note.id is in the data map and not there',
      'note.author is in the data map twice',
      "new.id is not in the data map: say whose data it is, or why nobody's",
    ]);
  });

  it('says nothing where they agree', () => {
    const real = [{ name: 'note', columns: [{ name: 'author' }, { name: 'id' }] }];
    expect(dataMapFaults({ note: { personal: { account: ['author'] }, impersonal: { 'a number': ['id'] } } }, real)).toEqual([]);
  });

  it('has a place for each kind, so that the notice tells of nothing that is not there', () => {
    expect(dataKindNames.filter((kind) => servicesHolding(kind).length === 0)).toEqual([]);
  });

  it('holds the places that everybody would look for', () => {
    expect(personalColumns.map(({ place }) => place)).toEqual(expect.arrayContaining(['tenancy.account.email', 'tenancy.consent.ip', 'audit.entry.personal']));
  });
});
