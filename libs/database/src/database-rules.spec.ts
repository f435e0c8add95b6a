import { databaseRules } from './database-rules.js';

describe('databaseRules', () => {
  it('joins what a service and its libraries say', () => {
    const rules = databaseRules('sample', { systemRights: { a: ['SELECT'] } }, { systemRights: { b: ['INSERT'] }, systemQueries: { find: 'why' } });
    expect(rules).toMatchObject({ schema: 'sample', systemRights: { a: ['SELECT'], b: ['INSERT'] }, systemQueries: { find: 'why' }, ownersViews: {} });
    expect(Object.keys(rules.tables)).toEqual(['schema_migration']);
  });

  it('joins what several libraries grant to the same role, and refuses what two of them grant', () => {
    const one = { rightsOfOthers: { relay: { outbox: ['SELECT'] } } };
    const { rightsOfOthers } = databaseRules('sample', one, { rightsOfOthers: { relay: { inbox: ['SELECT'] }, other: { a: ['INSERT'] } } });
    expect(rightsOfOthers).toEqual({ relay: { outbox: ['SELECT'], inbox: ['SELECT'] }, other: { a: ['INSERT'] } });
    expect(() => databaseRules('sample', one, one)).toThrow('two rules for outbox');
  });

  it('refuses two rules for one thing', () => {
    expect(() => databaseRules('sample', { systemQueries: { find: 'why' } }, { systemQueries: { find: 'because' } })).toThrow('two rules for find');
  });
});
