import pg from 'pg';
import { UserError } from './output.ts';

/** One right of one role of the suite on one object. */
export interface Grant {
  /** As `GRANT` names it: `TABLE tenancy.tenant`. */
  readonly object: string;
  readonly privilege: string;
  readonly role: string;
}

/** What the suite's roles may do with a schema and with what is in it. */
export async function listGrants(adminUrl: string, schema: string): Promise<readonly Grant[]> {
  return withClient(adminUrl, async (client) => (await grantsNow(client, schema)).flatMap(({ object, privilege, role }) => (privilege === null || role === null ? [] : { object, privilege, role })));
}

/**
 * Gives back, all or nothing, what the roles once had and have no more. An object that is gone takes its rights with it.
 *
 * @param once as `listGrants` told after the last migration
 * @returns what was lost
 * @throws UserError with the statement that the database refuses
 */
export async function restoreGrants(adminUrl: string, schema: string, once: readonly Grant[]): Promise<readonly Grant[]> {
  return withClient(adminUrl, async (client) => {
    const now = await grantsNow(client, schema);
    const objects = new Set(now.map(({ object }) => object));
    const held = new Set(now.map(({ object, privilege, role }) => `${privilege} ${object} ${role}`));
    const lost = once.filter(({ object, privilege, role }) => objects.has(object) && !held.has(`${privilege} ${object} ${role}`));
    if (lost.length === 0) return lost;
    await client.query('BEGIN');
    // An administrator who is no superuser may grant what the owner may: provisioning made it a member.
    await client.query(`SET LOCAL ROLE plinth_${schema}_owner`);
    for (const grant of lost) {
      const statement = `GRANT ${grant.privilege} ON ${grant.object} TO ${pg.escapeIdentifier(grant.role)}`;
      await client.query(statement).catch((error: unknown) => {
        throw new UserError(`${grant.role} has lost ${grant.privilege} on ${grant.object}, and the database refuses to give it back: ${(error as Error).message}. As a superuser: ${statement}`);
      });
    }
    await client.query('COMMIT');
    return lost;
  });
}

/** For people: the first three, and how many more. */
export function grantsText(grants: readonly Grant[]): string {
  const named = grants.slice(0, 3).map(({ object, privilege, role }) => `${privilege} on ${object} for ${role}`);
  return [...named, ...(grants.length > 3 ? [`${grants.length - 3} more`] : [])].join('; ');
}

/** An object without any rights has one row, without role and privilege. */
interface GrantRow {
  readonly object: string;
  readonly privilege: string | null;
  readonly role: string | null;
}

async function grantsNow(client: pg.Client, schema: string): Promise<readonly GrantRow[]> {
  return (await client.query<GrantRow>(GRANTS, [schema])).rows;
}

/**
 * Where an object has no list of its own, its kind's default holds (its owner may do everything).
 * Column rights are on the columns. Source: PostgreSQL's manual, "Privileges" and pg_catalog's tables.
 */
const GRANTS = `
  WITH space AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = $1),
  object AS (
    SELECT format('SCHEMA %I', nspname) AS name, NULL AS part, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM space
    UNION ALL
    SELECT format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname), NULL,
      coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
    FROM pg_class JOIN space ON relnamespace = space.oid WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT format('TABLE %I.%I', nspname, relname), attname, attacl
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid JOIN space ON relnamespace = space.oid WHERE attacl IS NOT NULL
    UNION ALL
    SELECT format('FUNCTION %s', pg_proc.oid::regprocedure), NULL, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc JOIN space ON pronamespace = space.oid WHERE prokind = 'f'
  )
  SELECT DISTINCT name AS object, privilege_type || coalesce(' (' || quote_ident(part) || ')', '') AS privilege, rolname AS role
  FROM object LEFT JOIN LATERAL aclexplode(acl) ON true LEFT JOIN pg_roles ON pg_roles.oid = grantee AND rolname ~ '^plinth_'
  ORDER BY 1, 2, 3`;

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
