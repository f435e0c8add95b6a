import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { DataExportsRepository } from './data-exports.repository.js';
import { personInTenantSets, personSets, tenantSets, type DataSet } from './data-sets.js';

/** Rows for a file. */
export interface ArchivedTable {
  readonly name: string;
  readonly rows: readonly Record<string, unknown>[];
}

/** Reads what there is of a person or of a tenant, in transactions that speak for them: what is of others row-level security does not show. */
@Injectable()
export class ArchiveContents {
  constructor(
    private readonly transactor: Transactor,
    private readonly exports: DataExportsRepository,
  ) {}

  async ofPerson(accountId: string, tenants: readonly string[]): Promise<readonly ArchivedTable[]> {
    const own = await this.readAll({ tenantId: null, principalId: accountId }, personSets, accountId);
    const inTenants = new Map<string, Record<string, unknown>[]>(personInTenantSets.map(({ table }) => [table, []]));
    for (const tenantId of tenants) {
      for (const { name, rows } of await this.readAll({ tenantId, principalId: accountId }, personInTenantSets, accountId)) inTenants.get(name)?.push(...rows);
    }
    return [...own, ...[...inTenants].map(([name, rows]) => ({ name, rows }))];
  }

  /** Those in which there is something of a person here. */
  async listTenantsOf(accountId: string): Promise<readonly string[]> {
    return await this.transactor.readSystem('tenants_of_account', (conn) => this.exports.listTenantsOf(conn, accountId));
  }

  async ofTenant(tenantId: string): Promise<readonly ArchivedTable[]> {
    const addresses = await this.transactor.readSystem('members_of_tenant', (conn) => this.exports.listAddresses(conn, tenantId));
    return [...(await this.readAll({ tenantId, principalId: null }, tenantSets, tenantId)), { name: 'member_address', rows: addresses }];
  }

  /** Of one moment. */
  private async readAll(scope: { readonly tenantId: string | null; readonly principalId: string | null }, sets: readonly DataSet[], subjectId: string): Promise<readonly ArchivedTable[]> {
    return await this.transactor.read(
      { ...scope, deferCommit: false },
      async (conn) => {
        const tables: ArchivedTable[] = [];
        for (const set of sets) tables.push({ name: set.table, rows: await this.exports.read(conn, set, subjectId) });
        return tables;
      },
      { snapshot: true },
    );
  }
}
