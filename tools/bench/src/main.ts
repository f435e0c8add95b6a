import { parseArgs } from 'node:util';
import { createTestHome, readStackFile, removeAbandonedHomes, removeTestHome, runCommand, say, startTestStack, UserError } from '@plinth/dev-stack';
import { auditAppend } from './audit-append.ts';
import type { Benchmark } from './benchmark.ts';
import { keyVerification } from './key-verification.ts';
import { login } from './login.ts';
import { ruleCosts } from './rule-costs.ts';
import { rulesOnAWrite } from './rules-on-a-write.ts';
import { tenantSearch } from './tenant-search.ts';
import { relay } from './relay/relay.ts';
import { reportOf } from './report.ts';

const benchmarks: readonly Benchmark[] = [auditAppend, relay, rulesOnAWrite, ruleCosts, keyVerification, login, tenantSearch];

await runCommand(async () => {
  const { values } = parseArgs({ options: { benchmark: { type: 'string', default: '' } } });
  const chosen = benchmarks.filter(({ name }) => values.benchmark === '' || name === values.benchmark);
  if (chosen.length === 0) throw new UserError(`there is no benchmark "${values.benchmark}": one of ${benchmarks.map(({ name }) => name).join(', ')}`);
  await removeAbandonedHomes();
  const home = createTestHome();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void removeTestHome(home).finally(() => process.exit(1)));
  try {
    await startTestStack(home);
    const facts = readStackFile(home);
    if (facts === undefined) throw new UserError('the stack for the benchmarks left no facts');
    for (const benchmark of chosen) {
      say(`measuring ${benchmark.name}`);
      say(reportOf(benchmark, await benchmark.run({ home: home.root, facts })));
    }
  } finally {
    await removeTestHome(home);
  }
});
