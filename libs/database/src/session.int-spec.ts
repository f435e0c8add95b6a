import { eventually, testDatabaseUrl } from '@plinth/testing';
import { DatabaseSession } from './session.js';

const sessions: DatabaseSession[] = [];

async function open(): Promise<DatabaseSession> {
  const session = await DatabaseSession.open(testDatabaseUrl(), { applicationName: 'session-test', statementTimeoutMs: 500 });
  sessions.push(session);
  return session;
}

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

describe('DatabaseSession', () => {
  it('holds a lock until its end', async () => {
    const [first, second] = [await open(), await open()];
    const name = `lock ${Math.random()}`;
    expect(await first.tryLock(name)).toBe(true);
    expect(await second.tryLock(name)).toBe(false);
    await first.close();
    await eventually(async () => expect(await second.tryLock(name)).toBe(true));
  });

  it('tells when the server has ended it', async () => {
    const [doomed, other] = [await open(), await open()];
    const [row] = await doomed.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await other.query('SELECT pg_terminate_backend($1)', [row?.pid]);
    await eventually(() => expect(doomed.lost.aborted).toBe(true));
    await expect(doomed.query('SELECT 1')).rejects.toThrow();
    expect(other.lost.aborted).toBe(false);
  });

  it('hears what is notified on its channel', async () => {
    const [listener, other] = [await open(), await open()];
    const heard: string[] = [];
    await listener.listen('session_test', (payload) => heard.push(payload));
    await other.query('SELECT pg_notify($1, $2)', ['another_channel', 'no']);
    await other.query('SELECT pg_notify($1, $2)', ['session_test', 'yes']);
    await eventually(() => expect(heard).toEqual(['yes']));
  });

  it('gives up a statement that takes too long, and stays usable', async () => {
    const session = await open();
    await expect(session.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    expect(await session.query('SELECT $1::int AS one', [1])).toEqual([{ one: 1 }]);
  });
});
