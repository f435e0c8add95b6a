import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { restartService, type SignedIn } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

const stack = runningStack();
const cli = join(import.meta.dirname, '../../../tools/operator/src/cli.ts');
const changes = 6;
const withinMs = 90_000;

interface Letter {
  readonly id: string;
  readonly status: string;
}

/** The operators' command, as a person runs it. */
async function ctl(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=TimeoutNegativeWarning', cli, 'dead-letters', ...args], { env: { ...process.env, PLINTH_HOME: stack.home } }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** @throws Error with what it said where it failed */
async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, out, err } = await ctl(...args, '--json');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  return JSON.parse(out) as T;
}

const lettersOf = async (owner: SignedIn) => (await json<{ data: Letter[] }>('list', '--tenant', owner.tenantId)).data;

/** The audit trail refuses the tenant's entries. */
async function breakTrail(owner: SignedIn): Promise<void> {
  await stack.tamper(`CREATE FUNCTION public.refuse_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$`);
  await stack.tamper(`CREATE TRIGGER refuse_entry BEFORE INSERT ON audit.entry FOR EACH ROW WHEN (NEW.tenant_id = '${owner.tenantId}') EXECUTE FUNCTION public.refuse_entry()`);
}
const mendTrail = () => stack.tamper('DROP FUNCTION IF EXISTS public.refuse_entry() CASCADE');
afterAll(mendTrail);

describe('the command for dead letters', () => {
  let owner: SignedIn;
  const entriesOf = async () => (await stack.auditEntries(owner, '?action=tenant.update&limit=200')).map(({ after }) => after?.['name']).toSorted();

  it('groups what failed, tells what a redrive would do, and fails where what it follows is back', async () => {
    owner = await stack.newTenant('Of dead letters');
    await breakTrail(owner);
    for (let n = 1; n <= changes; n += 1) {
      await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name: `Change ${n}` } });
    }
    await eventually(async () => expect(await lettersOf(owner)).toHaveLength(changes), { withinMs, everyMs: 1_000 });
    const groups = await ctl('groups', '--tenant', owner.tenantId);
    expect(groups).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/audit-service +audit\.recorded\.v1 +\S+:23514 +6 /) as string });
    const dry = await ctl('redrive', '--tenant', owner.tenantId, '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining(`dry run: ${changes} letters would be sent, nothing is`) as string });
    const [newest] = await lettersOf(owner);
    const back = await ctl('redrive', newest?.id ?? '', '--follow', '--timeout', '60');
    expect(back).toMatchObject({ code: 1, out: expect.stringMatching(/failed again: it is back as [0-9a-f-]{36}/) as string });
  }, 180_000);

  it('sends them again after the mend, each handled once, though the relay is killed in the middle', async () => {
    await mendTrail();
    const { redrive } = await json<{ redrive: { id: string } }>('redrive', '--tenant', owner.tenantId, '--rate', '2', '--reason', 'the trail takes entries again');
    await eventually(async () => expect((await lettersOf(owner)).filter(({ status }) => status !== 'pending').length).toBeGreaterThan(1), { withinMs });
    await restartService(stack.home, 'outbox-relay', 'SIGKILL');
    expect(await ctl('follow', redrive.id, '--timeout', '60')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`done: ${changes} of ${changes} sent, ${changes} processed, 0 failed again, 0 refused`) as string,
    });
    expect(await entriesOf()).toEqual(Array.from({ length: changes }, (_, n) => `Change ${n + 1}`));
    const [first] = (await lettersOf(owner)).filter(({ status }) => status === 'processed');
    expect((await ctl('redrive', first?.id ?? '', '--follow')).code).toBe(0);
    expect(await entriesOf()).toHaveLength(changes);
  }, 180_000);

  it('says in one line what is wrong, and fails', async () => {
    const [letter] = await lettersOf(owner);
    expect(await ctl('redrive')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('redrive_selection_unclear') as string });
    expect(await ctl('discard', letter?.id ?? '')).toMatchObject({ code: 1, err: expect.stringContaining('why?') as string });
    expect(await ctl('show', '1')).toMatchObject({ code: 1, err: expect.stringContaining('id_malformed') as string });
    expect(await ctl('lose')).toMatchObject({ code: 1, err: expect.stringContaining('dead-letters takes one of') as string });
  });
});
