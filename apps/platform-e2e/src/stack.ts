import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GatewayClient, type CallAnswer, type CallOptions, type SignedIn, type StackFacts } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { ApiRules } from '@plinth/testing';
import pg from 'pg';

export interface AuditEntry {
  readonly id: string;
  readonly sequence: number;
  readonly occurredAt: string;
  readonly actor: { readonly type: string; readonly id: string | null };
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string | null };
  readonly outcome: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly reason: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly diff: Record<string, Record<string, unknown>>;
  readonly hash: string;
  readonly previousHash: string;
}

type ApiDocument = ConstructorParameters<typeof ApiRules>[0];
const rules = new ApiRules(JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')) as ApiDocument);

/** A client that holds every answer it gets against the API document. */
class WatchfulClient extends GatewayClient {
  readonly violations = new Set<string>();

  override async call<T = Record<string, unknown>>(method: string, path: string, options?: CallOptions): Promise<CallAnswer<T>> {
    const answer = await super.call<T>(method, path, options);
    const { status, headers, text } = answer;
    for (const violation of rules.violationsOf({ method, path, status, header: (name) => headers.get(name), body: text })) this.violations.add(violation);
    return answer;
  }
}

/** The running stack that the test runner names, or one clear line why there is none. */
export function runningStack() {
  // The test runner hands its stack over in the environment.
  const file = process.env['PLINTH_STACK_FILE'];
  const home = process.env['PLINTH_HOME'];
  if (!file || !home) throw new Error('PLINTH_STACK_FILE and PLINTH_HOME are not set: run the tests by "make test" or "make test-e2e", which start a stack');
  const facts = JSON.parse(readFileSync(file, 'utf8')) as StackFacts;
  const gateway = new WatchfulClient(facts.gatewayUrl);
  afterAll(() => expect([...gateway.violations]).toEqual([]));

  return {
    facts,
    home,
    gateway,

    /** A tenant of its own for a test. */
    async newTenant(name = 'E2E'): Promise<SignedIn> {
      return await gateway.signUp(`${newId()}@plinth.example`, 'correct horse battery', name);
    },

    async auditEntries(owner: SignedIn, query = ''): Promise<readonly AuditEntry[]> {
      const { status, text, body } = await gateway.call<{ data: AuditEntry[] }>('GET', `/v1/audit/entries${query}`, { token: owner.token });
      if (status !== 200) throw new Error(`the audit entries were answered ${status}: ${text}`);
      return body.data;
    },

    /** As the database's administrator, with triggers out of the way: what an attacker with full rights can do. */
    async tamper(sql: string, parameters: readonly unknown[] = []): Promise<void> {
      const client = new pg.Client({ connectionString: facts.databaseUrl });
      await client.connect();
      try {
        await client.query('SET session_replication_role = replica');
        await client.query(sql, [...parameters]);
      } finally {
        await client.end();
      }
    },

    async query<T extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
      const client = new pg.Client({ connectionString: facts.databaseUrl });
      await client.connect();
      try {
        return (await client.query<T>(sql, [...parameters])).rows;
      } finally {
        await client.end();
      }
    },
  };
}
