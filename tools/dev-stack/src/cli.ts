import { parseArgs } from 'node:util';
import { resetStack, stopStack } from './down.ts';
import { showLogs } from './logs.ts';
import { runCommand, say, secondsSince, UserError } from './output.ts';
import { homeFrom, readEnvironment } from './settings.ts';
import type { StackFacts } from './stack-file.ts';
import { metricLines, scrapeStack } from './stack-metrics.ts';
import { stackStatus, statusTable } from './status.ts';
import { openPsql } from './psql.ts';
import { listTopics } from './topics.ts';
import { startStack } from './up.ts';

interface Options {
  readonly follow: boolean;
  readonly 'no-build': boolean;
}

/** One function for each `make` target; the number is the exit code. */
const commands: Readonly<Record<string, (home: string, argument: string | undefined, options: Options) => Promise<number | void>>> = {
  up: async (home, _, options) => {
    const start = performance.now();
    const facts = await startStack({ home, build: !options['no-build'], say });
    say(welcome(facts, secondsSince(start)));
  },
  down: async (home) => {
    const ended = await stopStack(home, say);
    say(ended === 0 ? 'nothing was running' : 'all stopped; make up starts it again with the same data');
  },
  reset: async (home) => {
    await resetStack(home, say);
    say(`stopped, and the data in ${home} erased; make up starts afresh`);
  },
  status: async (home) => {
    const statuses = await stackStatus(home);
    if (statuses === undefined) return say('there is no stack here yet: make up starts one');
    say(statusTable(statuses));
    const figures = metricLines(await scrapeStack(home), new Date());
    if (figures.length > 0) say(['', ...figures].join('\n'));
  },
  logs: (home, part, options) => showLogs(home, part, options.follow),
  psql: (home, command) => openPsql(home, command),
  topics: (home) => listTopics(home),
};

function welcome(facts: StackFacts, duration: string): string {
  const { gatewayUrl, demo, operator } = facts;
  return `
Plinth is ready (${duration}).

  gateway    ${gatewayUrl}   the only address that clients need
  services   ${Object.entries(facts.services).filter(([name]) => name !== 'gateway').map(([name, { url }]) => `${name} ${url.slice('http://'.length)}`).join(', ')}
  demo       ${demo.email}   password ${demo.password}
             tenant ${demo.tenantId}
             API key ${demo.apiKey}
  operator   ${operator.email}   password ${operator.password}

Next steps
  1. make demo      follows one write from the gateway to the audit trail, on this stack
  2. make status    shows the processes and their memory; make logs s=gateway f=1 follows a log
  3. curl -s ${gatewayUrl}/v1/auth/login -H 'content-type: application/json' -H "idempotency-key: $(date +%s)" \\
          -d '{"email":"${demo.email}","password":"${demo.password}"}'
`;
}

await runCommand(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { follow: { type: 'boolean', default: false }, 'no-build': { type: 'boolean', default: false } },
  });
  const [name = '', argument] = positionals;
  const command = commands[name];
  if (command === undefined) throw new UserError(`there is no command "${name}": one of ${Object.keys(commands).join(', ')}`);
  const home = homeFrom(readEnvironment()).root;
  return command(home, argument === undefined || argument === '' ? undefined : argument, values);
});
