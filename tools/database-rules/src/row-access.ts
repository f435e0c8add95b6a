import { rolesOf } from '@plinth/contracts';
import type { DatabaseRules, TableRule } from '@plinth/database';
import type { TestDatabase } from '@plinth/testing';
import pg from 'pg';
import type { Catalog, Column, Table } from './catalog.ts';
import { ruleOf } from './faults.ts';
import { insertOf, ownersValue, sampleValue, someOwner, type Owner } from './sample-rows.ts';
import { inSituation, rowsShown, situationsOf, type Situation } from './situations.ts';

/** A table with what is to hold of it. */
interface Subject {
  readonly table: Table;
  readonly rule: TableRule;
  readonly qualified: string;
  /** What the `_app` role may do, with the columns that it may do it to. */
  readonly may: ReadonlyMap<string, readonly Column[]>;
}

/**
 * Tries on every table, as the service's `_app` role and as its owner, what the role is granted, in every
 * situation, against the rows of two owners.
 */
export class RowAccess {
  private readonly owners: readonly [Owner, Owner] = [someOwner(), someOwner()];
  private readonly stranger = someOwner();
  readonly subjects: readonly Subject[];

  constructor(
    private readonly database: TestDatabase,
    private readonly catalog: Catalog,
    rules: DatabaseRules,
  ) {
    this.subjects = catalog.tables.flatMap((table) => {
      const rule = ruleOf(table, rules);
      return rule === undefined ? [] : [{ table, rule, qualified: `"${catalog.schema}"."${table.name}"`, may: rightsOf(table, rolesOf(catalog.schema).app) }];
    });
  }

  /** Of the owners of the samples. */
  get tenantIds(): readonly string[] {
    return this.owners.map(({ tenantId }) => tenantId);
  }

  /** Puts a row of each owner into every table, past constraints of their content, which have no say in who sees them. */
  async insertSamples(): Promise<void> {
    const client = await this.connect(this.database.adminUrl);
    try {
      for (const { qualified } of this.subjects) {
        const { rows } = await client.query<{ name: string }>(`SELECT conname AS name FROM pg_constraint WHERE conrelid = '${qualified}'::regclass AND contype IN ('c', 'f')`);
        for (const { name } of rows) await client.query(`ALTER TABLE ${qualified} DROP CONSTRAINT "${name}"`);
      }
      await client.query('SET session_replication_role = replica'); // no triggers
      for (const { table, rule, qualified } of this.subjects) {
        // What migrations have put into a table is nobody's.
        if (rule.readBy === 'everyone') await client.query(`DELETE FROM ${qualified}`);
        for (const owner of this.owners) {
          const { sql, values } = insertOf(table, qualified, rule, owner);
          await client.query(sql, [...values]);
        }
      }
    } finally {
      await client.end();
    }
  }

  /** @returns what the role can do beyond the rule, or cannot do within it */
  async faults(): Promise<string[]> {
    const faults: string[] = [];
    for (const situation of situationsOf(...this.owners, this.stranger)) {
      const client = await this.connect(this.database.appUrl(this.catalog.schema));
      try {
        for (const subject of this.subjects) {
          for (const fault of await this.tryAll(client, subject, situation)) faults.push(`${subject.table.name}, ${situation.name}: ${fault}`);
        }
      } finally {
        await client.end();
      }
    }
    return faults;
  }

  /** @returns the tables whose rows their owner role sees, which belong to tenants and persons all the same */
  async ownerFaults(): Promise<string[]> {
    const client = await this.connect(this.database.urlAs(rolesOf(this.catalog.schema).owner));
    try {
      const faults: string[] = [];
      for (const { table, rule, qualified } of this.subjects) {
        if (rule.readBy === 'everyone' || rule.readBy === 'nobody') continue;
        const seen = await count(client, `SELECT FROM ${qualified}`);
        if (seen !== 0) faults.push(`${table.name}: its owner sees ${seen} rows`);
      }
      return faults;
    } finally {
      await client.end();
    }
  }

  private async tryAll(client: pg.Client, subject: Subject, situation: Situation): Promise<string[]> {
    const { qualified, rule, may } = subject;
    const attempts: [string, () => Promise<string | null>][] = [];
    const shown = rowsShown(rule, situation, this.owners);
    if (may.has('SELECT')) attempts.push(['SELECT', () => expectCount(client, `SELECT FROM ${qualified}`, shown)]);
    if (may.has('DELETE')) attempts.push(['DELETE', () => expectCount(client, `DELETE FROM ${qualified}`, shown)]);
    const changeable = plainColumn(subject, 'UPDATE');
    // No WHERE and nothing read, so that the policies for UPDATE stand alone.
    if (changeable !== undefined) attempts.push(['UPDATE', () => expectCount(client, `UPDATE ${qualified} SET "${changeable.name}" = $1`, shown, [sampleValue(changeable)])]);
    attempts.push(...this.handingOver(client, subject, situation), ...this.inserting(client, subject, situation));
    const faults: string[] = [];
    for (const [name, attempt] of attempts) {
      const fault = await inSituation(client, situation, 'setting' in rule ? rule.setting : undefined, attempt);
      if (fault !== null) faults.push(`${name} ${fault}`);
    }
    return faults;
  }

  /** To change a row of one's own into another's. */
  private handingOver(client: pg.Client, { qualified, rule, may }: Subject, situation: Situation): [string, () => Promise<string | null>][] {
    const owned = ownersValue(rule, this.stranger);
    if (owned === undefined || !may.get('UPDATE')?.some(({ name }) => name === owned.column)) return [];
    const others = this.owners.filter((owner) => rowsShown(rule, situation, [owner]) === 0);
    return others.map((owner) => ['UPDATE to another owner', () => expectRefusalOrNothing(client, `UPDATE ${qualified} SET "${owned.column}" = $1`, [ownersValue(rule, owner)?.value])]);
  }

  /** To add a row of one's own, and of another's. The stranger has none yet, so that no key is in the way. */
  private inserting(client: pg.Client, { table, qualified, rule, may }: Subject, situation: Situation): [string, () => Promise<string | null>][] {
    if (!may.has('INSERT') || ownersValue(rule, this.stranger) === undefined) return [];
    const own = insertOf(table, qualified, rule, this.stranger);
    const isStranger = rowsShown(rule, situation, [this.stranger]) === 1;
    const attempts: [string, () => Promise<string | null>][] = [
      ['INSERT', () => (isStranger ? expectCount(client, own.sql, 1, own.values) : expectRefusalOrNothing(client, own.sql, own.values))],
    ];
    if (isStranger && 'addedBy' in rule && rule.addedBy !== undefined) {
      const { sql, values } = insertOf(table, qualified, rule, { ...this.stranger, principalId: someOwner().principalId });
      attempts.push(["INSERT in another's name", () => expectRefusalOrNothing(client, sql, values)]);
    }
    for (const owner of isStranger ? this.owners : []) {
      const { sql, values } = insertOf(table, qualified, rule, owner);
      attempts.push(["INSERT of another's", () => expectRefusalOrNothing(client, sql, values)]);
    }
    return attempts;
  }

  private async connect(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }
}

function rightsOf({ columns, grants }: Table, role: string): Map<string, readonly Column[]> {
  const rights = new Map<string, readonly Column[]>();
  for (const grant of grants.filter((candidate) => candidate.role === role)) {
    const granted = columns.filter(({ name }) => grant.column === null || grant.column === name);
    rights.set(grant.privilege, [...(rights.get(grant.privilege) ?? []), ...granted]);
  }
  return rights;
}

/** A column that may be set to one value in several rows: neither the owner's nor unique. */
function plainColumn({ table, rule, may }: Subject, privilege: string): Column | undefined {
  const unique = new Set(table.unique.flatMap(({ columns }) => columns));
  return may.get(privilege)?.find(({ name, computed }) => !computed && !unique.has(name) && !('column' in rule && rule.column === name));
}

async function count(client: pg.Client, sql: string, values: readonly unknown[] = []): Promise<number> {
  return (await client.query(sql, [...values])).rowCount ?? 0;
}

async function expectCount(client: pg.Client, sql: string, expected: number, values: readonly unknown[] = []): Promise<string | null> {
  try {
    const rows = await count(client, sql, values);
    return rows === expected ? null : `reached ${rows} rows instead of ${expected}`;
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
}

/** 42501 is row-level security's refusal too; any other error would tell of a row that is not the caller's. */
async function expectRefusalOrNothing(client: pg.Client, sql: string, values: readonly unknown[]): Promise<string | null> {
  try {
    const rows = await count(client, sql, values);
    return rows === 0 ? null : `reached ${rows} rows`;
  } catch (error) {
    return (error as { code?: string }).code === '42501' ? null : `failed: ${(error as Error).message}`;
  }
}
