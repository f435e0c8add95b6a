import { restartPart } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from '../stack.js';
import { duplicatesDroppedBy } from './dropped-duplicates.js';
import { reportOf, type PartReport } from './report.js';
import { nothingLost, Trial } from './trial.js';
import { commitAfterLaterOnes, killAuditBeforeItsOffset, killPostgresAtCommit, killRelayBeforeItsMark } from './worst-moments.js';

/** The long form of nothing-is-lost.e2e-spec.ts: a load for each part, which dies under it many times. */
describe('a steady load of keyed writes, each answered 2xx, is in the database, in Kafka and in the audit trail once', () => {
  const stack = runningStack();
  const reports: PartReport[] = [];

  afterAll(() => {
    process.stderr.write(reportOf(reports));
  });

  async function expectNothingLost(part: string, faults: (trial: Trial) => Promise<void>): Promise<void> {
    const outcome = await Trial.run(stack, faults);
    reports.push({ part, outcome });
    process.stderr.write(`${part}: ${outcome.outages.length} outages, ${outcome.answered} answered, ${outcome.lost.length} lost, ${outcome.doubled.length} doubled\n`);
    expect(outcome).toMatchObject(nothingLost);
    expect(outcome.answered).toBeGreaterThan(50);
  }

  const times = async (count: number, work: () => Promise<unknown>) => {
    for (let round = 0; round < count; round += 1) await work();
  };

  it('with outbox-relay killed 20 times, 10 of them in the middle of a batch', () =>
    expectNothingLost('outbox-relay', (trial) =>
      times(10, async () => {
        await trial.kill(['outbox-relay']);
        await trial.outage('SIGKILL outbox-relay before its mark', () => killRelayBeforeItsMark(stack));
      }),
    ));

  it.each(['gateway', 'tenant-service', 'audit-service'])('with %s killed and stopped', (part) =>
    expectNothingLost(part, async (trial) => {
      await times(3, () => trial.kill([part]));
      await times(2, () => trial.kill([part], 'SIGTERM'));
    }),
  );

  it.each(['scheduler', 'ai-gateway'])('with %s killed and stopped', (part) =>
    expectNothingLost(part, async (trial) => {
      await trial.kill([part]);
      await trial.kill([part], 'SIGTERM');
    }),
  );

  it('with outbox-relay stopped', () =>
    expectNothingLost('outbox-relay (SIGTERM)', (trial) => times(2, () => trial.kill(['outbox-relay'], 'SIGTERM'))));

  it('with audit-service killed 5 times between its commit and its offset', () =>
    expectNothingLost('audit-service (offset)', (trial) =>
      times(5, async () => {
        await trial.under('SIGKILL audit-service before its offset, and a start', async () => {
          await killAuditBeforeItsOffset(stack);
          await restartPart(stack.home, 'audit-service');
        });
        await eventually(async () => expect(await duplicatesDroppedBy(stack, 'audit-service')).toBeGreaterThan(0));
      }),
    ));

  it('with 5 transactions that commit after later ones', () =>
    expectNothingLost('slow commits', (trial) =>
      times(5, () => trial.under('a transaction commits after later ones', () => commitAfterLaterOnes(stack, trial.someTenantId))),
    ));

  it.each(['outbox-relay', 'audit-service'])('with two and three replicas of %s that join and leave', (part) =>
    expectNothingLost(`${part} (replicas)`, (trial) =>
      times(2, async () => {
        await trial.join(part, 2);
        await trial.join(part, 3);
        await trial.leave(part, 'SIGKILL');
        await trial.leave(`${part}.2`, 'SIGTERM');
        await trial.comeBack(part);
        await trial.join(part, 2);
        await trial.leave(`${part}.3`, 'SIGKILL');
        await trial.leave(`${part}.2`, 'SIGKILL');
      }),
    ),
  );

  it('with Kafka killed, and away for 60 s', () =>
    expectNothingLost('kafka', async (trial) => {
      await times(3, () => trial.kill(['kafka']));
      await trial.kill(['kafka'], 'SIGTERM', 60);
    }));

  it('with PostgreSQL killed, killed at a commit, and away for 30 s and for 90 s', () =>
    expectNothingLost('postgres', async (trial) => {
      await times(3, () => trial.kill(['postgres']));
      await times(2, () => trial.outage('SIGKILL postgres at commit', () => killPostgresAtCommit(stack)));
      await trial.kill(['postgres'], 'SIGINT', 30);
      // Longer than the session of any consumer: they stay members, and wait.
      await trial.kill(['postgres'], 'SIGINT', 90);
    }));

  it('with everything killed at once', () =>
    expectNothingLost('all', (trial) =>
      trial.kill(['gateway', 'tenant-service', 'audit-service', 'outbox-relay', 'scheduler', 'ai-gateway', 'kafka', 'postgres']).then(() => undefined),
    ));
});
