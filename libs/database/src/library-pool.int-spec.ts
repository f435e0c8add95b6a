import { eventually, TestDatabase } from '@plinth/testing';
import { openLibraryPool } from './library-pool.js';

describe('openLibraryPool', () => {
  it('outlives connections that break while idle and while in use, with nobody else listening', async () => {
    const database = await TestDatabase.create([]);
    const pool = openLibraryPool(database.adminUrl, { applicationName: 'library', size: 3, statementTimeoutMs: 5_000 });
    try {
      const inUse = await pool.connect();
      await pool.query('SELECT 1'); // leaves a second connection, idle
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'library'`);
      await eventually(() => expect(pool.idleCount).toBe(0));
      await expect(inUse.query('SELECT 1')).rejects.toThrow();
      inUse.release(true);
      expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});
