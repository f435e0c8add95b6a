import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

const stack = runningStack();
const cli = join(import.meta.dirname, '../../../tools/operator/src/cli.ts');

/** The operators' command, as a person runs it. */
async function ctl(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=TimeoutNegativeWarning', cli, 'outbox', ...args], { env: { ...process.env, PLINTH_HOME: stack.home } }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** An event that failed for good, and one behind it. */
async function hold(): Promise<{ aggregateId: string; failed: string; behind: string }> {
  const [aggregateId, failed, behind] = [newId(), newId(), newId()];
  for (const [id, status] of [[failed, 'failed'], [behind, 'pending']] as const) {
    await stack.tamper(
      `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type, status) VALUES ($1, 'user.logged_in', 1, $2, $3, 'user', $4)`,
      [id, JSON.stringify({ userId: aggregateId, sessionId: id }), aggregateId, status],
    );
  }
  return { aggregateId, failed, behind };
}

const published = (id: string) =>
  eventually(async () => expect(await stack.query('SELECT status FROM tenancy.event_outbox WHERE id = $1', [id])).toEqual([{ status: 'published' }]), { withinMs: 20_000 });

describe('the command for events that hold their aggregate', () => {
  it('lists them, arms one again and skips another; what waited behind is published', async () => {
    const [one, other] = [await hold(), await hold()];
    const listed = await ctl('list', '--source', 'tenant-service', '--status', 'failed');
    expect(listed).toMatchObject({ code: 0, err: '' });
    for (const { failed } of [one, other]) expect(listed.out).toMatch(new RegExp(`tenant-service +${failed} +failed +user.logged_in.v1 .* 1 +`));
    expect(await ctl('rearm', 'tenant-service', one.failed, '--reason', 'mended')).toMatchObject({ code: 0, out: expect.stringContaining('will be tried again') as string });
    expect(await ctl('skip', 'tenant-service', other.failed, '--reason', 'of no use')).toMatchObject({ code: 0, out: expect.stringContaining('will never be published') as string });
    await published(one.behind);
    await published(other.behind);
    await published(one.failed);
    expect(await ctl('show', 'tenant-service', other.failed)).toMatchObject({ code: 0, out: expect.stringMatching(/^status +skipped$/m) as string });
    expect(await ctl('skip', 'tenant-service', one.failed, '--reason', 'too late')).toMatchObject({ code: 1, err: expect.stringContaining('outbox_event_not_failed') as string });
    expect(await ctl('skip', 'tenant-service', one.failed)).toMatchObject({ code: 1, err: expect.stringContaining('why?') as string });
  }, 120_000);
});
