import type { Queryable } from '@plinth/database';

export interface Column {
  readonly name: string;
  /** As `format_type` writes it, e.g. `character varying(50)`. */
  readonly type: string;
  /** Has to be given on insert. */
  readonly required: boolean;
  /** Cannot be given: generated, or numbered by the database. */
  readonly computed: boolean;
  /** The first value of an enumeration. */
  readonly enumValue: string | null;
}

export interface Grant {
  readonly role: string;
  readonly privilege: string;
  /** Null for the whole table. */
  readonly column: string | null;
}

export interface UniqueIndex {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly owner: string;
  readonly rowSecurity: boolean;
  /** Row-level security holds for the owner too. */
  readonly forced: boolean;
  readonly columns: readonly Column[];
  readonly grants: readonly Grant[];
  readonly unique: readonly UniqueIndex[];
}

export interface View {
  readonly name: string;
  /** Plain, not materialized, and with the rights of whoever reads it. */
  readonly invoker: boolean;
  readonly grants: readonly Grant[];
}

export interface DefinerFunction {
  readonly name: string;
  readonly settings: readonly string[];
  readonly byEveryone: boolean;
}

export interface Role {
  readonly name: string;
  /** Attributes that would lift it over its grants and policies. */
  readonly powers: readonly string[];
  readonly memberOf: readonly string[];
}

/** A schema as it is, by PostgreSQL's own account. */
export interface Catalog {
  readonly schema: string;
  readonly tables: readonly Table[];
  readonly views: readonly View[];
  /** Functions that run with their owner's rights. */
  readonly definerFunctions: readonly DefinerFunction[];
  /** Roles that may name the schema's objects. */
  readonly usage: readonly string[];
}

/** Partitions are read through the table that they are parts of; a grant on one by itself shows as a table of its own. */
const TABLES = `
  SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS forced,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
       'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', 'computed', a.attgenerated <> '' OR a.attidentity = 'a',
       'enumValue', (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder LIMIT 1)) ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    GRANTS AS grants,
    coalesce((SELECT json_agg(json_build_object('name', i.relname, 'columns',
       (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey))))
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisunique), '[]') AS unique
  FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'f') AND (NOT c.relispartition OR c.relacl IS NOT NULL)
  ORDER BY c.relname`;

const VIEWS = `
  SELECT c.relname AS name, c.relkind = 'v' AND coalesce(c.reloptions @> '{security_invoker=true}' OR c.reloptions @> '{security_invoker=on}', false) AS invoker,
    GRANTS AS grants
  FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('v', 'm') ORDER BY c.relname`;

/** Of others than the owner; role 0 is everybody. */
const GRANTS = `
  coalesce((SELECT json_agg(json_build_object('role', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END,
      'privilege', g.privilege_type, 'column', g.column) ORDER BY g.privilege_type, g.column)
   FROM (SELECT t.grantee, t.privilege_type, NULL::name AS column FROM aclexplode(c.relacl) t
         UNION ALL SELECT t.grantee, t.privilege_type, a.attname FROM pg_attribute a, aclexplode(a.attacl) t WHERE a.attrelid = c.oid) g
   WHERE g.grantee <> c.relowner), '[]')`;

const DEFINER_FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS name, coalesce(p.proconfig, '{}') AS settings,
    EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g WHERE g.grantee = 0) AS "byEveryone"
  FROM pg_proc p WHERE p.pronamespace = $1::regnamespace AND p.prosecdef ORDER BY 1`;

const USAGE = `
  SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END AS role
  FROM pg_namespace n, aclexplode(n.nspacl) g WHERE n.nspname = $1 AND g.grantee <> n.nspowner ORDER BY 1`;

const ROLES = `
  SELECT r.rolname AS name,
    array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END], NULL) AS powers,
    ARRAY(SELECT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m WHERE m.member = r.oid) AS "memberOf"
  FROM pg_roles r WHERE r.rolname = ANY ($1) ORDER BY 1`;

export async function readCatalog(database: Queryable, schema: string): Promise<Catalog> {
  const usage = await database.query<{ role: string }>(USAGE, [schema]);
  return {
    schema,
    tables: await database.query<Table>(TABLES.replace('GRANTS', GRANTS), [schema]),
    views: await database.query<View>(VIEWS.replace('GRANTS', GRANTS), [schema]),
    definerFunctions: await database.query<DefinerFunction>(DEFINER_FUNCTIONS, [schema]),
    usage: usage.map(({ role }) => role),
  };
}

/** Those of the names that are roles. */
export async function readRoles(database: Queryable, names: readonly string[]): Promise<Role[]> {
  return await database.query<Role>(ROLES, [names]);
}
