import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

/** What `make conserve` runs, on the stack under test. */
function conserve(home: string, since: string): Promise<{ code: number; output: string }> {
  const main = resolve(import.meta.dirname, '../../../tools/dev-stack/src/conserve/main.ts');
  return new Promise((done) => {
    execFile(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main, '--since', since], { env: { ...process.env, PLINTH_HOME: home } }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

describe('make conserve', () => {
  const stack = runningStack();

  it('finds that all which was told balances, and names what was lost, never sent, put aside or made up', async () => {
    const since = new Date().toISOString();
    const owner = await stack.newTenant('Conserved');
    for (let n = 0; n < 5; n += 1) await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { settings: { n } } });
    await eventually(async () => expect((await stack.auditEntries(owner)).length).toBeGreaterThan(5), { withinMs: 20_000 });
    const balanced = await conserve(stack.home, since);
    expect(balanced).toMatchObject({ code: 0, output: expect.stringContaining('balances') as string });
    expect(balanced.output).toMatch(/^tenant-service +audit-service +\d+ +- +(\d+) +- +\1 +\1 +0 +0 +0$/m);

    const [lost, made] = await stack.query<{ event_id: string }>(
      `SELECT event_id FROM audit.inbox WHERE source = 'plinth/tenant-service' AND event_time >= $1 ORDER BY event_time LIMIT 2`,
      [since],
    );
    const unsent = newId();
    await stack.tamper(
      `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status, processed_at) VALUES ($1, 'user.logged_in', 1, '{}', $1, 'user', 'published', now())`,
      [unsent],
    );
    const kept = await stack.query<Record<string, unknown>>('SELECT * FROM audit.inbox WHERE event_id = $1', [lost?.event_id]);
    const event = await stack.query<{ row: object }>('SELECT to_jsonb(o) - $2::text AS row FROM tenancy.event_outbox o WHERE id = $1', [made?.event_id, 'partition']);
    await stack.tamper('DELETE FROM audit.inbox WHERE event_id = $1', [lost?.event_id]);
    await stack.tamper('DELETE FROM tenancy.event_outbox WHERE id = $1', [made?.event_id]);
    try {
      const { code, output } = await conserve(stack.home, since);
      expect(code).toBe(1);
      const sectionOf = (fault: string) => output.split('\n\n').find((part) => part.startsWith(`${fault}: 1, `));
      expect(sectionOf('missing')).toContain(lost?.event_id);
      expect(sectionOf('not in Kafka')).toContain(unsent);
      expect(sectionOf('surplus')).toContain(made?.event_id);
      expect(sectionOf('in no outbox')).toContain(made?.event_id);
    } finally {
      await stack.tamper(`INSERT INTO audit.inbox SELECT * FROM jsonb_populate_record(NULL::audit.inbox, $1)`, [JSON.stringify(kept[0])]);
      await stack.tamper('DELETE FROM tenancy.event_outbox WHERE id = $1', [unsent]);
      await stack.tamper(restoring(event[0]?.row ?? {}), [JSON.stringify(event[0]?.row)]);
    }
    expect((await conserve(stack.home, since)).code).toBe(0);
  }, 240_000);
});

/** The row with its own sequence; what is generated is generated again. */
function restoring(row: object): string {
  const columns = Object.keys(row).map((name) => `"${name}"`).join(', ');
  return `INSERT INTO tenancy.event_outbox (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM jsonb_populate_record(NULL::tenancy.event_outbox, $1)`;
}
