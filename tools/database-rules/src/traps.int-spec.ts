import { databaseRules, DatabaseSession, type DatabaseRulesPart } from '@plinth/database';
import { TestDatabase } from '@plinth/testing';
import { readCatalog } from './catalog.ts';
import { faultsOf } from './faults.ts';
import { RowAccess } from './row-access.ts';

const ownTenant = `tenant_id = nullif(current_setting('plinth.tenant_id', true), '')::uuid`;
const security = `ALTER TABLE sample.thing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`;
const policy = `CREATE POLICY app_own ON sample.thing TO plinth_sample_app USING (${ownTenant});`;
const rights = `GRANT SELECT, INSERT, UPDATE, DELETE ON sample.thing TO plinth_sample_app;`;
const table = `CREATE TABLE sample.thing (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, what text NOT NULL);`;
const good = [table, security, policy, rights].join('\n');

/** What is found in a schema that this SQL has made, under these rules. */
async function found(sql: string, rules: DatabaseRulesPart = {}): Promise<string[]> {
  const database = await TestDatabase.create([{ schema: 'sample', migrations: [{ name: '0001_sample', up: sql, down: '' }] }]);
  const admin = await DatabaseSession.open(database.adminUrl, { applicationName: 'database-rules' });
  try {
    const ofSample = databaseRules('sample', rules);
    const catalog = await readCatalog(admin, 'sample');
    const access = new RowAccess(database, catalog, ofSample);
    await access.insertSamples();
    return [...faultsOf(catalog, ofSample), ...(await access.faults()), ...(await access.ownerFaults())];
  } finally {
    await admin.close();
    await database.drop();
  }
}

describe('a schema', () => {
  it('without a trap has no fault', async () => {
    expect(await found(good)).toEqual([]);
    const system = `${good} GRANT SELECT (id, what) ON sample.thing TO plinth_sample_system;`;
    expect(await found(system, { systemRights: { thing: ['SELECT (id, what)'] } })).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['no row-level security', [table, rights].join('\n'), ['thing does not force row-level security', 'thing, nobody: SELECT reached 2 rows instead of 0', "thing, a stranger: INSERT of another's reached 1 rows"]],
    ['row-level security that its owner passes', good.replace(', FORCE ROW LEVEL SECURITY', ''), ['thing does not force row-level security', 'thing: its owner sees 2 rows']],
    ['a policy that shows everything', good.replace(ownTenant, 'true'), ['thing, the first owner: SELECT reached 2 rows instead of 1', 'thing, the first owner: DELETE reached 2 rows instead of 1']],
    [
      'a policy that fails where a tenant was set before',
      good.replace(ownTenant, `tenant_id = current_setting('plinth.tenant_id', true)::uuid`),
      ['thing, a used connection that says nothing: SELECT failed: invalid input syntax for type uuid: ""'],
    ],
    ['a policy that fails where nothing was ever set', good.replace(`current_setting('plinth.tenant_id', true)`, `current_setting('plinth.tenant_id')`), ['thing, a new connection that says nothing: SELECT failed: unrecognized configuration parameter "plinth.tenant_id"']],
    [
      'reads that are narrowed and writes that are not',
      [table, security, rights, policy.replace('TO plinth', 'FOR SELECT TO plinth'), 'CREATE POLICY app_writes ON sample.thing FOR UPDATE TO plinth_sample_app USING (true);', `CREATE POLICY app_adds ON sample.thing FOR INSERT TO plinth_sample_app WITH CHECK (true);`].join('\n'),
      ['thing, nobody: UPDATE reached 2 rows instead of 0', 'thing, nobody: INSERT reached 1 rows'],
    ],
    ['a change that may hand rows over', good.replace(policy, policy.replace(');', ') WITH CHECK (true);')), ['thing, the first owner: UPDATE to another owner reached 1 rows', "thing, a stranger: INSERT of another's reached 1 rows"]],
    ['a value that tells of others', `${good} CREATE UNIQUE INDEX thing_what ON sample.thing (what);`, ['thing_what is unique across tenants by what and not listed']],
    ['a way past row-level security', `${good} GRANT TRUNCATE ON sample.thing TO plinth_sample_app;`, ['plinth_sample_app has TRUNCATE on thing, which row-level security does not narrow']],
    ['a table without a tenant', 'CREATE TABLE sample.other (id uuid PRIMARY KEY);', ['other has no tenant_id and is not listed']],
    ['a view with its owner’s rights', `${good} CREATE VIEW sample.things AS SELECT id FROM sample.thing; GRANT SELECT ON sample.things TO plinth_sample_app;`, ["the view things reads with its owner's rights: security_invoker is missing, or its reason"]],
    ['a function that finds what its caller made', `CREATE FUNCTION sample.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';`, ["sample.f() runs with its owner's rights and does not pin search_path=pg_catalog, pg_temp", "sample.f() runs with its owner's rights for everybody"]],
    ['rights of the system role that nobody listed', `${good} GRANT SELECT (id), DELETE ON sample.thing TO plinth_sample_system;`, ['plinth_sample_system thing DELETE is granted and not listed', 'plinth_sample_system thing SELECT (id) is granted and not listed']],
    ['rights of everybody', `${good} GRANT SELECT ON sample.thing TO PUBLIC;`, ['PUBLIC thing SELECT is granted and not listed']],
    ['a part with rights of its own', `CREATE TABLE sample.whole (tenant_id uuid NOT NULL) PARTITION BY HASH (tenant_id); ALTER TABLE sample.whole ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE TABLE sample.part PARTITION OF sample.whole FOR VALUES WITH (MODULUS 1, REMAINDER 0); GRANT SELECT ON sample.part TO plinth_sample_app;`, ['part does not force row-level security', 'part, nobody: SELECT reached 4 rows instead of 0']],
  ])('is found out with %s', async (_, sql, faults) => {
    expect(await found(sql)).toEqual(expect.arrayContaining([...faults]));
  });

  it('is found out where its rules say what is not so', async () => {
    const faults = await found(good, {
      tables: { gone: { readBy: 'everyone', because: 'x' }, thing: { readBy: 'tenant', column: 'tenant_id', because: 'x' } },
      systemRights: { thing: ['SELECT'] },
      uniqueAcrossTenants: { thing_gone: 'x' },
    });
    const said = ['gone is listed and not there', 'thing_gone is listed and not there', 'thing follows the rule and need not be listed', 'plinth_sample_system thing SELECT is listed and not granted'];
    expect(faults.toSorted()).toEqual(said.toSorted());
    expect(await found(good, { tables: { thing: { readBy: 'nobody', because: 'x' } } })).toContain('plinth_sample_app has SELECT on thing, which nobody is said to read');
  });
});
