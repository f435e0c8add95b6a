import { searchOf, wordsOf } from './tenant-search.js';

describe('the search of tenants', () => {
  it('takes words, and nothing of the query language', () => {
    expect(wordsOf(`Acme & Söhne-GmbH | !x :* 'quoted' <-> (a)`)).toEqual(['acme', 'söhne', 'gmbh', 'x', 'quoted', 'a']);
    expect(wordsOf(' -_.:*&|! ')).toEqual([]);
  });

  it('has its values as parameters, and a text without a word finds nothing', () => {
    const { sql, values } = searchOf({ status: 'active', q: `x'); DROP TABLE tenancy.tenant; --` }, ['2026-11-22T00:00:00.000Z', 'id'], 10);
    expect(sql).not.toContain('DROP');
    expect(values).toEqual(['active', '2026-11-22T00:00:00.000Z', 'id', 10, `'x':* & 'drop':* & 'table':* & 'tenancy':* & 'tenant':*`]);
    expect(searchOf({ q: '---' }, null, 10).sql).toContain('WHERE false');
    expect(searchOf({}, null, 10).sql).not.toContain('WHERE');
  });
});
