import { parseArgs } from 'node:util';
import { runCommand, say, UserError } from '../output.ts';
import { homeFrom, readEnvironment } from '../settings.ts';
import { readStackFile } from '../stack-file.ts';
import { reckon } from './reckoning.ts';
import { reportOf } from './report.ts';

/** `make conserve`: exit code 1 where anything that was told is not where it should be. */
await runCommand(async () => {
  const { values } = parseArgs({ options: { since: { type: 'string', default: '' } } });
  const since = values.since === '' ? '-infinity' : values.since;
  if (since !== '-infinity' && Number.isNaN(Date.parse(since))) throw new UserError(`"${since}" is no time: since=2026-01-31T12:00:00Z`);
  const facts = readStackFile(homeFrom(readEnvironment()));
  if (facts === undefined) throw new UserError('there is no running stack here: make up starts one');
  const reckoning = await reckon(facts, since);
  say(reportOf(reckoning));
  return reckoning.findings.length === 0 ? 0 : 1;
});
