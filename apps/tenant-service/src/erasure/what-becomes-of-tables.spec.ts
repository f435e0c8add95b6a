import { personalColumns } from '@plinth/contracts';
import { erasedTables, keptTables, leftTables } from './what-becomes-of-tables.js';

describe('what an erasure does to a table', () => {
  it('is said of each that holds personal data, once, and of no other', () => {
    const personal = new Set(personalColumns.filter(({ service }) => service === 'tenant-service').map(({ table }) => table));
    const said = [...erasedTables, ...leftTables, ...Object.keys(keptTables)];
    expect(said.toSorted()).toEqual([...personal].sort());
  });
});
