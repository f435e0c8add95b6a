import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { runningStack } from '../stack.js';
import type { Evidence } from './evidence.js';

type Stack = ReturnType<typeof runningStack>;

/** Every log file of the stack, PostgreSQL's, Kafka's and the simulator's too. */
export function readLogs({ home }: Stack): Evidence[] {
  const folder = join(home, 'logs');
  return readdirSync(folder).map((file) => ({ place: `log ${file}`, text: readFileSync(join(folder, file), 'utf8') }));
}

export async function readMetrics({ facts }: Stack): Promise<Evidence[]> {
  return await Promise.all(
    Object.entries(facts.services).map(async ([name, { url }]) => ({ place: `metrics of ${name}`, text: await (await fetch(`${url}/metrics`)).text() })),
  );
}

/** Every column of every table of every service, as text; bytes are in hex. */
export async function readDatabase(stack: Stack): Promise<Evidence[]> {
  const tables = await stack.query<{ schema: string; table: string; columns: string[] }>(`
    SELECT c.table_schema AS schema, c.table_name AS table, array_agg(c.column_name::text) AS columns
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
    GROUP BY 1, 2 ORDER BY 1, 2`);
  const texts: Evidence[] = [];
  for (const { schema, table, columns } of tables) {
    const rows = await stack.query<Record<string, string | null>>(`SELECT ${columns.map((column) => `"${column}"::text`).join(', ')} FROM "${schema}"."${table}"`);
    for (const column of columns) texts.push({ place: `${schema}.${table}.${column}`, text: rows.map((row) => row[column] ?? '').join('\n') });
  }
  return texts;
}

/** What operators see of outboxes, dead letters and jobs. A whole letter's own bytes and headers are what it is there for. */
export async function readDesk({ gateway }: Stack, operator: string): Promise<Evidence[]> {
  const get = async (path: string) => {
    const { status, text, body } = await gateway.call<{ data?: { id?: string; name?: string }[]; nextCursor?: string | null }>('GET', path, { token: operator });
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
    return { text, body };
  };
  const texts: Evidence[] = [];
  const letters: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { text, body } = await get(`/v1/admin/dead-letters?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
    texts.push({ place: 'list of dead letters', text });
    letters.push(...(body.data ?? []).map(({ id }) => String(id)));
    cursor = body.nextCursor ?? null;
  }
  for (const id of letters) {
    const { key: _key, value: _value, json: _json, headers: _headers, ...described } = (await get(`/v1/admin/dead-letters/${id}`)).body as Record<string, unknown>;
    texts.push({ place: 'description of a dead letter', text: JSON.stringify(described) });
  }
  for (const path of ['/v1/admin/outbox', '/v1/admin/jobs', '/v1/admin/jobs/purge_published_and_expired/runs']) texts.push({ place: path, text: (await get(path)).text });
  return texts;
}
