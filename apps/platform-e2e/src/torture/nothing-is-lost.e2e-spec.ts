import { restartPart } from '@plinth/dev-stack';
import { eventually } from '@plinth/testing';
import { runningStack } from '../stack.js';
import { duplicatesDroppedBy } from './dropped-duplicates.js';
import { reportOf } from './report.js';
import { nothingLost, Trial } from './trial.js';
import { commitAfterLaterOnes, killAuditBeforeItsOffset, killPostgresAtCommit, killRelayBeforeItsMark } from './worst-moments.js';

/** The short form: each part dies once under one load, and replicas join and leave. `make torture` has the long one. */
describe('a steady load of keyed writes, each answered 2xx', () => {
  const stack = runningStack();

  it('is in the database, in Kafka and in the audit trail once, whatever part was killed under it', async () => {
    const outcome = await Trial.run(stack, async (trial) => {
      await trial.outage('SIGKILL outbox-relay before its mark', () => killRelayBeforeItsMark(stack));
      await trial.under('SIGKILL audit-service before its offset, and a start', async () => {
        await killAuditBeforeItsOffset(stack);
        await restartPart(stack.home, 'audit-service');
      });
      await eventually(async () => expect(await duplicatesDroppedBy(stack, 'audit-service')).toBeGreaterThan(0));
      await trial.under('a transaction commits after later ones', () => commitAfterLaterOnes(stack, trial.someTenantId));
      for (const service of ['outbox-relay', 'audit-service']) {
        await trial.join(service, 2);
        await trial.leave(service, 'SIGKILL');
        await trial.comeBack(service);
        await trial.leave(`${service}.2`, 'SIGTERM');
      }
      await trial.kill(['gateway']);
      await trial.kill(['tenant-service']);
      await trial.kill(['audit-service', 'scheduler', 'ai-gateway']);
      await trial.kill(['kafka']);
      await trial.outage('SIGKILL postgres at commit', () => killPostgresAtCommit(stack));
    });
    process.stderr.write(reportOf([{ part: 'each', outcome }]));

    expect(outcome).toMatchObject(nothingLost);
    expect(outcome.answered).toBeGreaterThan(50);
    // Writes were committed when their server died; their retries were answered from the record.
    expect(outcome.recovered).toBeGreaterThan(0);
    // The batch of the killed relay was published again, and dropped by the inbox.
    expect(outcome.duplicates).toBeGreaterThan(0);
  }, 3_600_000);
});
