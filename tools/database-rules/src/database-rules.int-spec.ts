import { dataMap, dataMapFaults, rolesOf, services } from '@plinth/contracts';
import { DatabaseSession, Transactor, type DatabaseRules } from '@plinth/database';
import type { TestDatabase } from '@plinth/testing';
import { join } from 'node:path';
import { readCatalog, readRoles, type Catalog } from './catalog.ts';
import { appsFolder, createEverySchema, rulesOf } from './every-schema.ts';
import { faultsOf, roleFaults } from './faults.ts';
import { RowAccess } from './row-access.ts';
import { systemQueryFaults } from './system-queries.ts';

const setUpWithinMs = 180_000;
let database: TestDatabase;
let admin: DatabaseSession;
beforeAll(async () => {
  database = await createEverySchema();
  admin = await DatabaseSession.open(database.adminUrl, { applicationName: 'database-rules' });
}, setUpWithinMs);
afterAll(async () => {
  await admin.close();
  await database.drop();
});

describe.each(services)('the schema of $name', (service) => {
  let rules: DatabaseRules;
  let catalog: Catalog;
  let access: RowAccess;
  beforeAll(async () => {
    rules = await rulesOf(service);
    catalog = await readCatalog(admin, service.schema);
    access = new RowAccess(database, catalog, rules);
    await access.insertSamples();
  });

  it('has the tables, rights, unique values, views and functions that its rules say, and no others', () => {
    expect(rules.schema).toBe(service.schema);
    expect(catalog.tables.length).toBeGreaterThan(0);
    expect(faultsOf(catalog, rules)).toEqual([]);
  });

  it('holds in each of its columns what the data map says', () => {
    expect(dataMapFaults(dataMap[service.name], catalog.tables)).toEqual([]);
  });

  it('is crossed by the system queries that its rules name, and by no others', () => {
    expect(systemQueryFaults(join(appsFolder, service.name, 'src'), rules)).toEqual([]);
  });

  it('shows each tenant and person their own rows, and lets them change, delete and add no others', async () => {
    expect(await access.faults()).toEqual([]);
  });

  it("hides tenants' and persons' rows from the role that owns them", async () => {
    expect(await access.ownerFaults()).toEqual([]);
  });

  it('keeps interleaved tenants apart on a pool of two connections', async () => {
    const tables = access.subjects.filter(({ rule, may }) => rule.readBy === 'tenant' && may.has('SELECT'));
    const transactor = new Transactor({ appDatabaseUrl: database.appUrl(service.schema), systemDatabaseUrl: database.systemUrl(service.schema), poolSize: 2, applicationName: 'database-rules' });
    const tenants = [...access.tenantIds, null];
    try {
      const reads = tables.flatMap((subject) => Array.from({ length: 30 }, (_, index) => ({ subject, tenantId: tenants[index % 3] ?? null })));
      const seen = await Promise.all(
        reads.map(({ subject: { qualified, rule }, tenantId }) =>
          transactor.read({ tenantId, principalId: null }, (conn) => conn.query<{ owner: string }>(`SELECT "${'column' in rule ? rule.column : ''}" AS owner FROM ${qualified}`)),
        ),
      );
      expect(seen.map((rows) => rows.map(({ owner }) => owner))).toEqual(reads.map(({ tenantId }) => (tenantId === null ? [] : [tenantId])));
    } finally {
      await transactor.close();
    }
  });
});

it('gives no role of a service a power over its grants and policies, and none of another role', async () => {
  const names = services.flatMap(({ schema }) => Object.values(rolesOf(schema)) as string[]);
  const roles = await readRoles(admin, names);
  expect(roles.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  expect(roleFaults(roles)).toEqual([]);
});
