import type { TableRule } from '@plinth/database';
import type pg from 'pg';
import type { Owner } from './sample-rows.ts';

/** For whom a transaction speaks, as `Transactor` would have set it; undefined where nothing was ever set. */
export interface Situation {
  readonly name: string;
  readonly tenantId?: string | undefined;
  readonly principalId?: string | undefined;
  readonly key?: Buffer | undefined;
  /** Another transaction spoke for this owner on the connection before. */
  readonly after?: Owner;
}

/** Every way in which a transaction may stand to the rows of two owners. */
export function situationsOf(one: Owner, other: Owner, stranger: Owner): Situation[] {
  return [
    { name: 'a new connection that says nothing' },
    { name: 'a used connection that says nothing', after: one },
    { name: 'nobody', tenantId: '', principalId: '' },
    { name: 'the first owner', ...one },
    { name: 'the second owner', ...other },
    { name: "a colleague in the first owner's tenant", tenantId: one.tenantId, principalId: stranger.principalId },
    { name: 'the second owner without a tenant', tenantId: '', principalId: other.principalId },
    { name: 'a stranger', ...stranger },
  ];
}

/** How many of the two owners' rows, one of each, the rule shows. */
export function rowsShown(rule: TableRule, { tenantId, principalId, key }: Situation, owners: readonly Owner[]): number {
  switch (rule.readBy) {
    case 'tenant':
      return owners.filter((owner) => owner.tenantId === tenantId).length;
    case 'principal':
      return owners.filter((owner) => owner.principalId === principalId).length;
    case 'key_holder':
      return owners.filter((owner) => key?.equals(owner.key)).length;
    case 'operators':
      return !tenantId && principalId ? owners.length : 0;
    case 'everyone':
      return owners.length;
    case 'nobody':
      return 0;
  }
}

/** Runs work in the situation, on a connection that holds no other transaction, and undoes it. */
export async function inSituation<T>(client: pg.Client, situation: Situation, keySetting: string | undefined, work: () => Promise<T>): Promise<T> {
  if (situation.after !== undefined) await begin(client, { name: '', ...situation.after }, keySetting).then(() => client.query('COMMIT'));
  await begin(client, situation, keySetting);
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

async function begin(client: pg.Client, { tenantId, principalId, key }: Situation, keySetting: string | undefined): Promise<void> {
  await client.query('BEGIN');
  const settings = [
    ['plinth.tenant_id', tenantId],
    ['plinth.principal_id', principalId],
    [keySetting, key?.toString('hex')],
  ];
  for (const [name, value] of settings) {
    if (name !== undefined && value !== undefined) await client.query('SELECT set_config($1, $2, true)', [name, value]);
  }
}
