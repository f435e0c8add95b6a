import { databaseRules } from './database-rules.js';

describe('databaseRules', () => {
  it('joins what a service and its libraries say', () => {
    const rules = databaseRules('sample', { systemRights: { a: ['SELECT'] } }, { systemRights: { b: ['INSERT'] }, systemQueries: { find: 'why' } });
    expect(rules).toMatchObject({ schema: 'sample', systemRights: { a: ['SELECT'], b: ['INSERT'] }, systemQueries: { find: 'why' }, ownersViews: {} });
    expect(Object.keys(rules.tables)).toEqual(['schema_migration']);
  });

  it('refuses two rules for one thing', () => {
    expect(() => databaseRules('sample', { systemQueries: { find: 'why' } }, { systemQueries: { find: 'because' } })).toThrow('two rules for find');
  });
});
