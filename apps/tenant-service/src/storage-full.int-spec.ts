import { newId } from '@plinth/kernel';
import { bootTenantService } from './testing.js';

/** The answer of a server whose disk has no room for the last row of a transaction. */
const fillDisk = (table: string) => `
  CREATE FUNCTION public.no_space() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
  CREATE TRIGGER no_space BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION public.no_space()`;

describe('a full disk', () => {
  // The events, which the transaction flushes last, and the answer, which is kept before them.
  it.each(['tenancy.event_outbox', 'tenancy.idempotency_record'])('at an insert into %s is 507 and leaves no row; with space again the same request succeeds', async (table) => {
    const service = await bootTenantService();
    try {
      const key = newId();
      const rows = () => service.database.query('SELECT (SELECT count(*)::int FROM tenancy.account) AS accounts, (SELECT count(*)::int FROM tenancy.tenant) AS tenants');
      await service.database.query(fillDisk(table));
      const { answer } = await service.register('ann@plinth.example', key);
      expect(answer.status).toBe(507);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.json()).toMatchObject({ code: 'storage_full', status: 507 });
      expect(answer.text).not.toContain('extend file');
      expect(await rows()).toEqual([{ accounts: 0, tenants: 0 }]);

      await service.database.query(`DROP TRIGGER no_space ON ${table}`);
      expect((await service.register('ann@plinth.example', key)).answer.status).toBe(201);
      expect(await rows()).toEqual([{ accounts: 1, tenants: 1 }]);
    } finally {
      await service.close();
    }
  });
});
